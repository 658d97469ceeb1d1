import { CONTROLS, isBlank, LONE_SURROGATES } from '#protocol/text';

/**
 * A text as it can be sent: one kind of line end, no controls (which pasted text has now and then), no half characters
 * (`toWellFormed` is missing in Chrome 110), no space around it. Empty where it would show nothing.
 */
export function sendable(text: string): string {
  const sent = text.replace(/\r\n?/g, '\n').replace(CONTROLS, '').replace(LONE_SURROGATES, '\ufffd').trim();
  return isBlank(sent) ? '' : sent;
}
