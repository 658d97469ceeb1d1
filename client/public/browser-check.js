/*
 * Runs before the page, in the syntax of 2009, so that every browser can read it: one that is too old for the page gets
 * words in its place. The oldest browsers that the page is built for (client/vite.config.ts) all have what is asked for here;
 * one that lacks the smallest of it lacks more.
 */
/* eslint no-unused-vars: ["error", { caughtErrors: "none" }] -- a catch without a name is newer syntax */
(function () {
  var WORDS =
    'This browser is too old for ChatAway. Please update it, or use another: ' +
    'Chrome or Edge 110, Firefox 120, Safari 16.4, or later.';

  function isTooOld() {
    try {
      return !(
        // Chrome and Edge 110, Firefox 120, Safari 16.
        typeof Array.prototype.toSorted === 'function' &&
        typeof structuredClone === 'function' &&
        typeof WebSocket === 'function' &&
        typeof HTMLDialogElement === 'function' &&
        // Safari 16.4.
        matchMedia('(width >= 0px)').matches &&
        CSS.supports('height', '1dvh') &&
        CSS.supports('selector(:focus-visible)')
      );
    } catch (ignored) {
      return true;
    }
  }

  function refuse() {
    var root = document.getElementById('app') || document.body;
    var words = document.createElement('p');
    words.setAttribute('role', 'alert');
    words.style.cssText = 'max-width:30em;margin:4em auto;padding:0 1em;font:1em/1.5 sans-serif';
    words.appendChild(document.createTextNode(WORDS));
    while (root.firstChild) root.removeChild(root.firstChild);
    root.appendChild(words);
  }

  if (!isTooOld()) return;
  // The page's own script looks for this before it begins.
  document.documentElement.setAttribute('data-too-old', '');
  refuse();
})();
