import { randomUUID } from 'node:crypto';
import type { ChangeEmail, ChangePassword, Self, SignIn, SignUp } from '#protocol/account';
import type { InvitationState } from '#protocol/admin';
import { AppError } from '../errors.ts';
import { emailProblem, passwordProblem, tidyNames, usernameProblem } from './account-rules.ts';
import type { Account } from './account.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { refusal, type Admission, type Registration } from './registration.ts';
import { refuse, takenFields, wrongFields } from './wrong-fields.ts';

/** Where accounts are kept. */
export interface AccountRepository {
  /**
   * Adds an account and uses up the invitation, both or neither; the first account of the server becomes its admin.
   * Tells which fields are taken, if any, or how the invitation stands that had to be good.
   */
  add(account: Account, admission: Admission): Promise<Added>;
  find(id: string): Promise<Account | undefined>;
  /** By username or email, whatever the case. */
  findByName(name: string): Promise<Account | undefined>;
  /** False where the password is not the one of this hash any more: an admin was faster. */
  changePasswordHash(id: string, from: string, to: string): Promise<boolean>;
  /** False where another account has this address. */
  setEmail(id: string, email: string): Promise<boolean>;
}

export type Added =
  { added: Account } | { taken: ('username' | 'email')[] } | { invitation: InvitationState | undefined };

interface Collaborators {
  accounts: AccountRepository;
  registration: Registration;
  hasher: PasswordHasher;
  /** Told of every new account. */
  onAdded: (account: Account) => void;
}

/** Accounts: signing up, proving who one is, and changing password and email. */
export class AccountService {
  readonly #accounts: AccountRepository;
  readonly #registration: Registration;
  readonly #hasher: PasswordHasher;
  readonly #onAdded: (account: Account) => void;

  constructor({ accounts, registration, hasher, onAdded }: Collaborators) {
    this.#accounts = accounts;
    this.#registration = registration;
    this.#hasher = hasher;
    this.#onAdded = onAdded;
  }

  /** @throws {AppError} `invalid` with the fields that are wrong, or whatever `Registration.admit` refuses with. */
  async signUp(form: SignUp): Promise<Account> {
    // First of all: whoever may not sign up learns nothing of who has.
    const admission = await this.#registration.admit(form.invitation);
    const { username, email } = tidyNames(form);
    refuse({
      username: usernameProblem(username),
      email: emailProblem(email),
      password: passwordProblem(form.password, username),
      passwordRepeat: form.password === form.passwordRepeat ? undefined : 'differs',
    });
    const account: Account = {
      id: randomUUID(),
      username,
      email,
      role: 'member',
      passwordHash: await this.#hasher.hash(form.password),
      createdAt: Date.now(),
      disabledAt: null,
    };
    const result = await this.#accounts.add(account, admission);
    if ('taken' in result) throw takenFields(result.taken);
    if ('invitation' in result) throw refusal(result.invitation);
    this.#onAdded(result.added);
    return result.added;
  }

  /**
   * The account that a name and a password belong to. Whether an account exists shows neither in the
   * answer nor in the work done for it. What an admin changes meanwhile is seen where the session begins.
   *
   * @throws {AppError} `wrong_credentials`, or `account_disabled` (only to who knows the password).
   */
  async authenticate({ username, password }: SignIn): Promise<Account> {
    const account = await this.#accounts.findByName(username.trim());
    const matches = await this.#hasher.verify(account?.passwordHash, password);
    if (!matches || account === undefined) {
      throw new AppError('wrong_credentials', 'The username or the password is wrong.');
    }
    if (account.disabledAt !== null) {
      throw new AppError('account_disabled', 'This account is disabled. Ask the operator of this server.');
    }
    return account;
  }

  /** @throws {AppError} `invalid` with the fields that are wrong. */
  async changePassword(id: string, form: ChangePassword): Promise<void> {
    const account = await this.get(id);
    refuse({
      password: passwordProblem(form.password, account.username),
      passwordRepeat: form.password === form.passwordRepeat ? undefined : 'differs',
    });
    await this.#confirm(account, form.currentPassword);
    const passwordHash = await this.#hasher.hash(form.password);
    if (!(await this.#accounts.changePasswordHash(id, account.passwordHash, passwordHash))) {
      throw wrongFields({ currentPassword: 'wrong' });
    }
  }

  /** @throws {AppError} `invalid` with the fields that are wrong. */
  async changeEmail(id: string, form: ChangeEmail): Promise<Account> {
    const account = await this.get(id);
    const email = form.email.trim();
    refuse({ email: emailProblem(email) });
    await this.#confirm(account, form.currentPassword);
    if (!(await this.#accounts.setEmail(id, email))) throw wrongFields({ email: 'taken' });
    return { ...account, email };
  }

  /** @throws {AppError} `not_found`. */
  async get(id: string): Promise<Account> {
    const account = await this.#accounts.find(id);
    if (account === undefined) throw new AppError('not_found', 'There is no such account.');
    return account;
  }

  async #confirm(account: Account, password: string): Promise<void> {
    if (!(await this.#hasher.verify(account.passwordHash, password))) {
      throw wrongFields({ currentPassword: 'wrong' });
    }
  }
}

/** The account as its owner sees it. */
export function presentSelf({ id, username, email, role }: Self): Self {
  return { id, username, email, role };
}
