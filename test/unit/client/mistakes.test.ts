import { expect, test } from 'vitest';
import { isMistake } from '../../../client/lib/mistakes.ts';

test.each([
  ['our own exception', new TypeError('x is not a function'), true],
  ['a name that is not there', new ReferenceError('AudioContext is not defined'), true],
  // As Chromium, Firefox and Safari say it.
  ['a part that is not loaded', new TypeError('Failed to fetch dynamically imported module: /a.js'), false],
  ['a part that is not loaded', new TypeError('error loading dynamically imported module: /a.js'), false],
  ['a part that is not loaded', new TypeError('Importing a module script failed.'), false],
  ['a refusal of the browser', new DOMException('no', 'NotAllowedError'), false],
  ['an error of a library', new Error('closed'), false],
  ['no error at all', 'closed', false],
])('%s (%s) is a mistake: %s', (_, error, mistake) => {
  expect(isMistake(error)).toBe(mistake);
});
