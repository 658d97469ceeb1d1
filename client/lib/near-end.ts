/** An attachment that calls when its element is about to scroll into view; as a button it also works by hand. */
export function nearEnd(load: () => void): (element: Element) => () => void {
  return (element) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) load();
      },
      // `scrollMargin` reaches into the list that scrolls, where the browser knows it.
      { rootMargin: '400px', scrollMargin: '400px' },
    );
    observer.observe(element);
    element.addEventListener('click', load);
    return () => {
      observer.disconnect();
      element.removeEventListener('click', load);
    };
  };
}
