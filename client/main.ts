import type { RegistrationMode, Self } from '#protocol/account';
import { api, ApiError } from './lib/api.ts';
import { ignore } from './lib/ignore.ts';
import { load, save } from './lib/storage.ts';
import { showEntry, showUnreachable } from './entry/entry.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/form.css';

/**
 * The first page asks who is there and shows the form for those whom nobody knows. It is plain DOM on
 * purpose: Svelte alone is 12 kB, and comes with the app once it is known that someone will use it.
 */
const root = document.getElementById('app') ?? document.body;
/** Where it cannot be had it is as with the server itself: one can try again. */
const loadApp = () =>
  import('./app.ts').catch((cause: unknown) => {
    throw new ApiError('no_connection', undefined, { cause });
  });
/** Who may sign up, as last heard. */
let registration: RegistrationMode = 'open';
/** Fetches it ahead; a failure is told when it is needed. */
const warmUp = () => void loadApp().catch(ignore);

async function begin(): Promise<void> {
  // Who was signed in probably still is: the app comes while the server is asked.
  if (load('signed-in') === true) warmUp();
  try {
    const { account, registration: mode } = await api.currentSession();
    registration = mode;
    if (account) await enter(account);
    else askWho(false);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showUnreachable(root, () => void begin());
  }
}

async function enter(account: Self): Promise<void> {
  save('signed-in', true);
  const { openApp } = await loadApp();
  root.replaceChildren();
  openApp(root, account, (ended) => void leave(ended));
}

async function leave(ended: boolean): Promise<void> {
  // Who signs out does not leave the next person a link to where they were.
  if (!ended) history.replaceState(null, '', '#/');
  try {
    // It may have been decided anew since the page was loaded.
    ({ registration } = await api.currentSession());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  askWho(ended);
}

/** Nobody is signed in; `ended` tells that a session was here and ended by itself. */
function askWho(ended: boolean): void {
  save('signed-in', false);
  showEntry(root, { ended, registration, onSubmit: warmUp, onSignedIn: enter });
}

void begin();
