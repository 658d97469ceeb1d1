import type { FieldProblem } from '#protocol/errors';
import { PASSWORD_MAX, PASSWORD_MIN, USERNAME_MAX, USERNAME_MIN } from '#protocol/limits';

/** Signing up and in; the first page loads this chapter. */
export const account = {
  product: 'ChatAway',
  claim: 'Chat and call, on your own server.',
  unreachable: 'The server cannot be reached. Check your connection.',
  tryAgain: 'Try again',
  pageError: {
    words:
      'Something went wrong in this page, and what you just did may not have worked. Load the page again. ' +
      'The people who run this server find the details in its log.',
    broken: 'This part of the page has failed.',
    reload: 'Load again',
    close: 'Close',
  },
  sessionEnded: {
    no_cookies:
      'ChatAway needs cookies of this site to keep you signed in, and your browser blocks them. Allow them for this address (in most browsers by the symbol beside it), then load this page again.',
    expired: 'Your session has ended. Please sign in again.',
    elsewhere: 'You were signed out from another device. Please sign in again.',
    password_changed:
      'Your password was changed on another device, which signed you out here. If that was not you, ask the people who run this server.',
    by_admin: 'An admin has signed you out. Please sign in again.',
  },
  emailChangedElsewhere: (email: string) =>
    `Your email address was changed to ${email} on another device. If that was not you, change your password.`,
  signIn: {
    title: 'Welcome back',
    username: 'Username',
    usernameHint: 'Your email address works too.',
    password: 'Password',
    submit: 'Sign in',
    busy: 'Signing in…',
    forgot: 'Forgot your password?',
    forgotNote: 'Ask an admin of this server: they can give you a new password.',
    other: 'New here?',
    otherLink: 'Sign up',
  },
  signUp: {
    title: 'Create your account',
    username: 'Username',
    usernameHint: `${USERNAME_MIN} to ${USERNAME_MAX} letters, digits, and _ . -`,
    email: 'Email',
    password: 'Password',
    passwordHint: `At least ${PASSWORD_MIN} characters.`,
    repeat: 'Repeat password',
    submit: 'Sign up',
    busy: 'Signing up…',
    other: 'Already have an account?',
    otherLink: 'Sign in',
  },
  uninvited: {
    title: 'You need an invitation',
    note: 'On this server people sign up by invitation. Ask the people who run it for a link, and open that.',
  },
  closed: 'Nobody can sign up on this server right now.',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  field(name: string, problem: FieldProblem): string {
    switch (problem) {
      case 'required':
        return 'Please fill this in.';
      case 'too_short':
        return name === 'username'
          ? `Use at least ${USERNAME_MIN} characters.`
          : `Use at least ${PASSWORD_MIN} characters.`;
      case 'too_long':
        if (name === 'username') return `Use at most ${USERNAME_MAX} characters.`;
        return name === 'email' ? 'This address is too long.' : `Use at most ${PASSWORD_MAX} characters.`;
      case 'bad_characters':
        return name === 'username'
          ? 'Use only letters, digits, and _ . -'
          : 'This has characters that cannot be used.';
      case 'bad_marks':
        return 'Put accents on letters only, and at most four on one.';
      case 'no_letter':
        return 'Use at least one letter or digit.';
      case 'mixed_scripts':
        return 'Use the letters and digits of one writing system: do not mix Latin and Cyrillic, for example.';
      case 'reserved':
        return 'This name is reserved. Choose another.';
      case 'looks_alike':
        return 'This looks like the name of somebody here. Choose another.';
      case 'not_an_email':
        return 'Write an address like name@example.com.';
      case 'taken':
        return name === 'email'
          ? 'This address has an account already.'
          : 'This name is taken. Choose another.';
      case 'too_common':
        return 'This password is easy to guess. Choose another.';
      case 'contains_username':
        return 'Leave your username out of your password.';
      case 'differs':
        return 'The two passwords are not the same.';
      case 'wrong':
        return 'This password is not right.';
    }
  },
};
