import type { Self } from '#protocol/account';
import { api } from '../lib/api.ts';
import { h } from '../lib/dom.ts';
import { account as texts } from '../texts/account.ts';
import { type EntryForm, makeForm } from './entry-form.ts';
import './entry.css';

export interface EntryOptions {
  /** The session that was here has ended by itself. */
  ended: boolean;
  /** Someone is about to come in: a good moment to fetch the app. */
  onSubmit(): void;
  onSignedIn(account: Self): Promise<void>;
}

const SIGN_UP = '#/sign-up';

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
    api.signUp({ username, email, password, passwordRepeat }),
};

/** Shows signing in or, at its own address, signing up, until someone is signed in. */
export function showEntry(root: HTMLElement, { ended, onSubmit, onSignedIn }: EntryOptions): void {
  /** The link that brought the person here; it is taken up again once they are in. */
  let wanted = location.hash === SIGN_UP ? '#/' : location.hash || '#/';
  const card = h('section', {});

  function show() {
    const signingUp = location.hash === SIGN_UP;
    if (!signingUp) wanted = location.hash || '#/';
    const form = signingUp ? signUp : signIn;
    document.title = `${form.submit} – ${texts.product}`;
    card.replaceChildren(
      ...(ended ? [h('p', { class: 'ended', role: 'status' }, texts.sessionEnded)] : []),
      makeForm(form, { onSubmit, onSignedIn: enter }),
      h(
        'p',
        { class: 'other' },
        `${form.other} `,
        h('a', { href: signingUp ? wanted : SIGN_UP }, form.otherLink),
      ),
    );
  }

  async function enter(account: Self) {
    if (location.hash === SIGN_UP) history.replaceState(null, '', wanted);
    await onSignedIn(account);
    removeEventListener('hashchange', show);
  }

  addEventListener('hashchange', show);
  show();
  root.replaceChildren(h('main', { class: 'entry' }, header(), card));
}

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
    h('img', { src: '/favicon.svg', alt: '', width: '56', height: '56' }),
    h('p', { class: 'product' }, texts.product),
    h('p', { class: 'claim' }, texts.claim),
  );
}
