import { isBlank } from '#protocol/text';

/** C0 controls other than tab and line feed, and DEL: no part of a message, but pasted text has them now and then. */
const CONTROLS = /[^\P{Cc}\t\n\u0080-\u009f]/gu;
/** A half of a surrogate pair without the other. `toWellFormed` is missing in Chrome 110. */
const HALF = /\p{Cs}/gu;

/**
 * A text as it can be sent: one kind of line end, no controls, no half characters, no space around it. Empty where it
 * would show nothing.
 */
export function sendable(text: string): string {
  const sent = text.replace(/\r\n?/g, '\n').replace(CONTROLS, '').replace(HALF, '\ufffd').trim();
  return isBlank(sent) ? '' : sent;
}
