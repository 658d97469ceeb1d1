import type { RegistrationMode, Self, SessionEnd } from '#protocol/account';
import { api } from '../lib/api.ts';
import { h } from '../lib/dom.ts';
import { account as texts } from '../texts/account.ts';
import { type EntryForm, makeForm } from './entry-form.ts';
import './entry.css';

/** Why nobody is signed in: the session that was here has ended, or the browser keeps none. */
export type NobodyBecause = SessionEnd | 'expired' | 'no_cookies';

export interface EntryOptions {
  /** Null where there was no session, or its person signed out. */
  ended: NobodyBecause | null;
  registration: RegistrationMode;
  /** Someone is about to come in: a good moment to fetch the app. */
  onSubmit(): void;
  onSignedIn(account: Self): Promise<void>;
}

const SIGN_UP = '#/sign-up';

/** What the address asks for: signing up, perhaps by an invitation's token. It lies in the fragment, which no server is sent. */
function wantedSignUp(): { invitation?: string } | null {
  if (location.hash === SIGN_UP) return {};
  return location.hash.startsWith(`${SIGN_UP}/`)
    ? { invitation: location.hash.slice(SIGN_UP.length + 1) }
    : null;
}

const signIn: EntryForm = {
  ...texts.signIn,
  fields: [
    {
      name: 'username',
      label: texts.signIn.username,
      hint: texts.signIn.usernameHint,
      autocomplete: 'username',
    },
    { name: 'password', label: texts.signIn.password, type: 'password', autocomplete: 'current-password' },
  ],
  send: ({ username = '', password = '' }) => api.signIn({ username, password }),
};

const signUp: EntryForm = {
  ...texts.signUp,
  fields: [
    {
      name: 'username',
      label: texts.signUp.username,
      hint: texts.signUp.usernameHint,
      autocomplete: 'username',
    },
    { name: 'email', label: texts.signUp.email, type: 'email', autocomplete: 'email' },
    {
      name: 'password',
      label: texts.signUp.password,
      hint: texts.signUp.passwordHint,
      type: 'password',
      autocomplete: 'new-password',
    },
    { name: 'passwordRepeat', label: texts.signUp.repeat, type: 'password', autocomplete: 'new-password' },
  ],
  send: ({ username = '', email = '', password = '', passwordRepeat = '' }) =>
    api.signUp({ username, email, password, passwordRepeat, ...wantedSignUp() }),
};

/** Shows signing in or, at its own address, signing up, until someone is signed in. */
export function showEntry(
  root: HTMLElement,
  { ended, registration, onSubmit, onSignedIn }: EntryOptions,
): void {
  /** The link that brought the person here; it is taken up again once they are in. */
  let wanted = wantedSignUp() ? '#/' : location.hash || '#/';
  const card = h('section', {});

  function show() {
    const signUpBy = wantedSignUp();
    if (!signUpBy) wanted = location.hash || '#/';
    const closed = registration === 'closed';
    const signingUp = signUpBy !== null && !closed;
    const form = signingUp ? signUp : signIn;
    const uninvited = signingUp && registration === 'invitation' && !signUpBy.invitation;
    document.title = `${form.submit} – ${texts.product}`;
    card.replaceChildren(
      ...(ended ? [note(texts.sessionEnded[ended])] : []),
      ...(signUpBy && closed ? [note(texts.closed)] : []),
      uninvited
        ? h('div', {}, h('h1', {}, texts.uninvited.title), h('p', {}, texts.uninvited.note))
        : makeForm(form, { onSubmit, onSignedIn: enter }),
      ...(signingUp ? [] : [forgotten()]),
      ...(closed ? [] : [otherWay(form, signingUp ? wanted : SIGN_UP)]),
    );
  }

  async function enter(account: Self) {
    if (wantedSignUp()) history.replaceState(null, '', wanted);
    await onSignedIn(account);
    removeEventListener('hashchange', show);
  }

  addEventListener('hashchange', show);
  show();
  root.replaceChildren(h('main', { class: 'entry' }, header(), card));
}

const note = (words: string) => h('p', { class: 'ended', role: 'status' }, words);

/** Until the server can send mail, only a person can help. */
const forgotten = () =>
  h(
    'details',
    { class: 'forgot' },
    h('summary', {}, texts.signIn.forgot),
    h('p', {}, texts.signIn.forgotNote),
  );

const otherWay = ({ other, otherLink }: EntryForm, href: string) =>
  h('p', { class: 'other' }, `${other} `, h('a', { href }, otherLink));

/** Nothing is known, because the server did not answer. */
export function showUnreachable(root: HTMLElement, retry: () => void): void {
  const again = h('button', { class: 'button' }, texts.tryAgain);
  again.addEventListener('click', retry);
  const card = h('section', {}, h('p', { role: 'alert' }, texts.unreachable), again);
  root.replaceChildren(h('main', { class: 'entry' }, header(), card));
}

function header(): HTMLElement {
  return h(
    'header',
    {},
    h('img', { src: 'favicon.svg', alt: '', width: '56', height: '56' }),
    h('p', { class: 'product' }, texts.product),
    h('p', { class: 'claim' }, texts.claim),
  );
}
