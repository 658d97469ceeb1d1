import { randomUUID } from 'node:crypto';
import type { ChangeEmail, ChangePassword, Self, SignIn, SignUp } from '#protocol/account';
import type { InvitationState } from '#protocol/admin';
import { comparisonKey } from '#protocol/rules';
import { AppError } from '../errors.ts';
import type { Publisher } from '../fact-bus.ts';
import { networkOf } from '../ip-address.ts';
import { notSignedIn, type Identity } from '../sessions/session.ts';
import { emailProblem, passwordProblem, tidyNames } from './account-rules.ts';
import type { Account } from './account.ts';
import type { Turn } from './hash-queue.ts';
import type { Client, KnownDevices } from './known-devices.ts';
import type { PasswordHasher } from './password-hasher.ts';
import type { SignInLimits } from './sign-in-limits.ts';
import { refusal, type Admission, type Registration } from './registration.ts';
import { usernameProblem } from './username-rules.ts';
import { refuse, takenField, wrongFields, type Taken } from './wrong-fields.ts';

/** Where accounts are kept. */
export interface AccountRepository {
  /**
   * Adds an account and uses up the invitation, both or neither; the first account of the server becomes its admin.
   * Tells which field is taken, or how the invitation stands that had to be good. That the email address is taken it
   * tells only where the username is free.
   */
  add(account: Account, admission: Admission): Promise<Added>;
  find(id: string): Promise<Account | undefined>;
  /** By username or email, whatever the case. */
  findByName(name: string): Promise<Account | undefined>;
  /**
   * Changes the password, if it still is the one of the hash `from`, and ends the account's other sessions: both or
   * neither. Returns the ids of the sessions that it ended.
   */
  changePassword(by: Identity, from: string, to: string, now: number): Promise<Changed<{ ended: string[] }>>;
  /** Changes the email address, unless another account has it. */
  changeEmail(by: Identity, email: string, now: number): Promise<Changed<{ email: string }>>;
}

/** What became of a change that an account's owner asked for, or why it was not made. */
export type Changed<T> = T | 'session_ended' | 'wrong_password' | 'taken';

export type Added = { added: Account } | { taken: Taken } | { invitation: InvitationState | undefined };

interface Collaborators {
  accounts: AccountRepository;
  registration: Registration;
  hasher: PasswordHasher;
  devices: KnownDevices;
  limits: SignInLimits;
  facts: Publisher;
}

/** The id that is looked up where there is no account, so that the work stays the same. */
const NOBODY = '';

/** Accounts: signing up, proving who one is, and changing password and email. */
export class AccountService {
  readonly #accounts: AccountRepository;
  readonly #registration: Registration;
  readonly #hasher: PasswordHasher;
  readonly #devices: KnownDevices;
  readonly #limits: SignInLimits;
  readonly #facts: Publisher;

  constructor({ accounts, registration, hasher, devices, limits, facts }: Collaborators) {
    this.#accounts = accounts;
    this.#registration = registration;
    this.#hasher = hasher;
    this.#devices = devices;
    this.#limits = limits;
    this.#facts = facts;
  }

  /**
   * @throws {AppError} `invalid` with the fields that are wrong, `rate_limited`, `overloaded`, or what
   * `Registration.admit` refuses with.
   */
  signUp(form: SignUp, { address }: Client): Promise<Account> {
    return this.#limits.guardSignUp(address, () => this.#signUp(form, strangerTurn(address)));
  }

  async #signUp(form: SignUp, turn: Turn): Promise<Account> {
    // First, so that someone who may not sign up learns nothing about existing accounts.
    const admission = await this.#registration.admit(form.invitation);
    const { username, email } = tidyNames(form);
    refuse({
      username: usernameProblem(username, 'oneself'),
      email: emailProblem(email),
      password: passwordProblem(form.password, username),
      passwordRepeat: form.password === form.passwordRepeat ? undefined : 'differs',
    });
    const account: Account = {
      id: randomUUID(),
      username,
      email,
      role: 'member',
      passwordHash: await this.#hasher.hash(form.password, turn),
      createdAt: Date.now(),
      disabledAt: null,
    };
    const result = await this.#accounts.add(account, admission);
    if ('taken' in result) throw takenField(result.taken);
    if ('invitation' in result) throw refusal(result.invitation);
    this.#facts.publish('accountAdded', { account: { id: account.id, username } });
    return result.added;
  }

  /**
   * The account that a name and a password belong to. Whether an account exists shows neither in the
   * answer nor in the work done for it. What an admin changes meanwhile is seen where the session begins.
   *
   * @throws {AppError} `wrong_credentials`, `account_disabled` (only to who knows the password), `rate_limited`,
   * `overloaded`.
   */
  async authenticate({ username, password }: SignIn, client: Client): Promise<Account> {
    // Without a key it is no known device: a stranger who would not get a hash is refused before anything is looked up.
    if (client.deviceKey === undefined) this.#hasher.assertRoom(strangerTurn(client.address));
    const name = username.trim();
    const account = await this.#accounts.findByName(name);
    const familiarity = await this.#devices.familiarity(account?.id ?? NOBODY, client);
    const guesser = { ...client, account: account?.id ?? `no account ${comparisonKey(name)}`, familiarity };
    const turn = familiarity === 'device' ? familiarTurn(guesser.account) : strangerTurn(client.address);
    return this.#limits.guardSignIn(guesser, () => this.#verify(account, password, turn));
  }

  async #verify(account: Account | undefined, password: string, turn: Turn): Promise<Account> {
    const matches = await this.#hasher.verify(account?.passwordHash, password, turn);
    if (!matches || account === undefined) {
      throw new AppError('wrong_credentials', 'The username or the password is wrong.');
    }
    if (account.disabledAt !== null) {
      throw new AppError('account_disabled', 'This account is disabled. Ask the operator of this server.');
    }
    return account;
  }

  /**
   * Changes the password and ends all other sessions: whoever knew the old one is signed out.
   *
   * @throws {AppError} `invalid` with the fields that are wrong, `not_signed_in` where the session has ended meanwhile,
   * `rate_limited`, `overloaded`.
   */
  changePassword(by: Identity, form: ChangePassword): Promise<void> {
    return this.#limits.guardSession(by.sessionId, () => this.#changePassword(by, form));
  }

  async #changePassword(by: Identity, form: ChangePassword): Promise<void> {
    const account = await this.get(by.accountId);
    refuse({
      password: passwordProblem(form.password, account.username),
      passwordRepeat: form.password === form.passwordRepeat ? undefined : 'differs',
    });
    await this.#confirm(account, form.currentPassword);
    const passwordHash = await this.#hasher.hash(form.password, familiarTurn(account.id));
    const changed = await this.#accounts.changePassword(by, account.passwordHash, passwordHash, Date.now());
    for (const sessionId of made(changed).ended) this.#facts.publish('sessionEnded', { sessionId });
  }

  /** @throws {AppError} as `changePassword`. */
  changeEmail(by: Identity, form: ChangeEmail): Promise<Account> {
    return this.#limits.guardEmailChange(by, () => this.#changeEmail(by, form));
  }

  async #changeEmail(by: Identity, form: ChangeEmail): Promise<Account> {
    const account = await this.get(by.accountId);
    const email = form.email.trim();
    refuse({ email: emailProblem(email) });
    await this.#confirm(account, form.currentPassword);
    const changed = { ...account, ...made(await this.#accounts.changeEmail(by, email, Date.now())) };
    this.#facts.publish('emailChanged', { account: presentSelf(changed), by });
    return changed;
  }

  /** @throws {AppError} `not_found`. */
  async get(id: string): Promise<Account> {
    const account = await this.#accounts.find(id);
    if (account === undefined) throw new AppError('not_found', 'There is no such account.');
    return account;
  }

  async #confirm(account: Account, password: string): Promise<void> {
    if (!(await this.#hasher.verify(account.passwordHash, password, familiarTurn(account.id)))) {
      throw wrongFields({ currentPassword: 'wrong' });
    }
  }
}

const strangerTurn = (address: string): Turn => ({ lane: networkOf(address), familiar: false });
const familiarTurn = (accountId: string): Turn => ({ lane: accountId, familiar: true });

/** What a change gave, or the error that says why it was not made. */
function made<T extends object>(result: Changed<T>): T {
  switch (result) {
    case 'session_ended':
      throw notSignedIn();
    case 'wrong_password':
      throw wrongFields({ currentPassword: 'wrong' });
    case 'taken':
      throw wrongFields({ email: 'taken' });
    default:
      return result;
  }
}

/** The account as its owner sees it. */
export function presentSelf({ id, username, email, role }: Self): Self {
  return { id, username, email, role };
}
