import type { RegistrationMode, Self } from '#protocol/account';
import { api, ApiError } from './lib/api.ts';
import { loadPart, PartMissing } from './lib/load-part.ts';
import { forgetWords } from './lib/kept.ts';
import { keepsCookies, load, save } from './lib/storage.ts';
import type { SessionOver } from './state/session.svelte.ts';
import { type NobodyBecause, showEntry, showUnreachable } from './entry/entry.ts';
import { watchPageErrors } from './entry/page-errors.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/form.css';
import { reportMistake } from './lib/mistakes.ts';

/**
 * The first page asks who is there and shows the form for those whom nobody knows. It is plain DOM on
 * purpose: Svelte alone is 12 kB, and comes with the app once it is known that someone will use it.
 */
const root = document.getElementById('app') ?? document.body;
/** Where it cannot be had it is as with the server itself: one can try again. */
const loadApp = () =>
  loadPart(() => import('./app.ts')).catch((cause: unknown) => {
    throw cause instanceof PartMissing ? new ApiError('no_connection', undefined, { cause }) : cause;
  });
/** Who may sign up, as last heard. */
let registration: RegistrationMode = 'open';
/** Whether the browser has sent the session's cookie back: it may block cookies. */
let cookieKept = false;
/** Fetches it ahead; a failure is told when it is needed. */
const warmUp = () => void loadApp().catch(reportMistake);

async function begin(): Promise<void> {
  // Who was signed in probably still is: the app comes while the server is asked.
  if (typeof load('signed-in') === 'string') warmUp();
  try {
    const { account, registration: mode, ended } = await api.currentSession();
    registration = mode;
    cookieKept = account !== null;
    if (account) await enter(account);
    else askWho(ended);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showUnreachable(root, () => void begin());
  }
}

/** Beside the loading of the app, so that it costs no time. */
function signedIn(account: Self): Promise<void> {
  cookieKept = false;
  api
    .currentSession()
    .then((session) => (cookieKept = session.account !== null))
    .catch(reportMistake);
  return enter(account);
}

async function enter(account: Self): Promise<void> {
  save('signed-in', account.id);
  const { openApp } = await loadApp();
  root.replaceChildren();
  openApp(root, account, (why) => void leave(why));
}

async function leave(why: SessionOver): Promise<void> {
  // Who signs out does not leave the next person a link to where they were.
  if (why === 'signed_out') history.replaceState(null, '', '#/');
  try {
    // It may have been decided anew since the page was loaded.
    ({ registration } = await api.currentSession());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  if (why === 'signed_out') askWho(null);
  else askWho(why === 'expired' && !cookieKept ? 'no_cookies' : why);
}

/** Nobody is signed in; `because` says why, where a session was here or cannot be. */
function askWho(because: NobodyBecause | null): void {
  const ended = keepsCookies() ? because : 'no_cookies';
  const last = load('signed-in');
  // Ended from elsewhere, it may be on a computer that was lost. Who only comes back after a while finds their words again.
  const isOver = ended !== null && ended !== 'expired' && ended !== 'no_cookies';
  if (isOver && typeof last === 'string') forgetWords(last);
  save('signed-in', false);
  showEntry(root, { ended, registration, onSubmit: warmUp, onSignedIn: signedIn });
}

// Of a browser that is too old, browser-check.js has said so.
if (!document.documentElement.hasAttribute('data-too-old')) {
  watchPageErrors();
  void begin();
}
