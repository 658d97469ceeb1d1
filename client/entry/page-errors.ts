import { PAGE_ERROR_MESSAGE_MAX, PAGE_ERROR_STACK_MAX } from '#protocol/limits';
import { api } from '../lib/api.ts';
import { h } from '../lib/dom.ts';
import { account as texts } from '../texts/account.ts';
import { isMistake, reportMistake } from '../lib/mistakes.ts';

/** How many different errors a page reports. One that fails all the time must not fill the server's log. */
const REPORTS_MAX = 5;

const reported = new Set<string>();

/**
 * Shows every exception that nobody expected to the person, and sends it to the server's log, each once. It uses nothing
 * of the app: that may be what has failed.
 */
export function watchPageErrors(): void {
  addEventListener('error', ({ error }: ErrorEvent) => report(error));
  // Promises of the media library are rejected when a call is closed; only a mistake matters.
  addEventListener('unhandledrejection', ({ reason }) => {
    if (isMistake(reason)) report(reason);
  });
}

/** What is no `Error` comes from elsewhere: a browser's own warning about layout, or a script of another origin. */
function report(error: unknown): void {
  if (!(error instanceof Error)) return;
  const { name, message, stack = '' } = error;
  const key = `${name} ${message}`;
  if (reported.has(key) || reported.size >= REPORTS_MAX) return;
  reported.add(key);
  show();
  const told = {
    name: name.slice(0, 100),
    message: message.slice(0, PAGE_ERROR_MESSAGE_MAX),
    stack: stack.slice(0, PAGE_ERROR_STACK_MAX),
  };
  // Without a connection nobody can be told.
  api.reportPageError(told).catch(reportMistake);
}

function show(): void {
  document.querySelector('.page-error')?.remove();
  const again = h('button', { class: 'button' }, texts.pageError.reload);
  again.addEventListener('click', () => location.reload());
  const close = h('button', { class: 'button quiet' }, texts.pageError.close);
  const buttons = h('div', {}, again, close);
  const note = h('div', { class: 'page-error', role: 'alert' }, h('p', {}, texts.pageError.words), buttons);
  close.addEventListener('click', () => note.remove());
  document.body.append(note);
}
