/** An attachment that tells when its element comes before the person's eyes, and when it goes. */
export function whileSeen(tell: (seen: boolean) => void): (element: Element) => () => void {
  return (element) => {
    let shown = false;
    const look = () => tell(shown && document.visibilityState === 'visible');
    const observer = new IntersectionObserver((entries) => {
      shown = entries.at(-1)?.isIntersecting ?? false;
      look();
    });
    observer.observe(element);
    document.addEventListener('visibilitychange', look);
    return () => {
      observer.disconnect();
      document.removeEventListener('visibilitychange', look);
      tell(false);
    };
  };
}
