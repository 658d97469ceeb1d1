import type { RegistrationMode } from '#protocol/account';
import type { InvitationState } from '#protocol/admin';
import { AppError } from '../errors.ts';
import { hashToken, stateOf, type Invitation } from './invitation.ts';

interface Collaborators {
  /** What an admin has decided, or else `initial`. */
  state: { registration(initial: RegistrationMode): Promise<RegistrationMode> };
  /** The setting `REGISTRATION`. */
  initial: RegistrationMode;
  invitations: { findByToken(tokenHash: string): Promise<Invitation | undefined> };
}

/** What lets someone sign up. */
export interface Admission {
  /** The invitation that they bring; it is used up with the account that is made. */
  readonly tokenHash: string | undefined;
  /** Whether the invitation has to be good. */
  readonly required: boolean;
}

/** For accounts that nobody signs up for. */
export const NO_INVITATION: Admission = { tokenHash: undefined, required: false };

/** Who may sign up. */
export class Registration {
  readonly #with: Collaborators;

  constructor(collaborators: Collaborators) {
    this.#with = collaborators;
  }

  mode(): Promise<RegistrationMode> {
    return this.#with.state.registration(this.#with.initial);
  }

  /**
   * Lets in who may sign up with this invitation, or without one, as things stand now. Whether the invitation is
   * still good is asked once more when the account is added.
   *
   * @throws {AppError} `registration_closed`, `invitation_needed`, or what `refusal` tells of the invitation.
   */
  async admit(token: string | undefined): Promise<Admission> {
    const mode = await this.mode();
    const tokenHash = token === undefined ? undefined : hashToken(token);
    if (mode === 'open') return { tokenHash, required: false };
    if (mode === 'closed') {
      throw new AppError('registration_closed', 'Nobody can sign up on this server.');
    }
    if (tokenHash === undefined) {
      throw new AppError('invitation_needed', 'You need an invitation: ask the people who run this server.');
    }
    const invitation = await this.#with.invitations.findByToken(tokenHash);
    const state = invitation && stateOf(invitation, Date.now());
    if (state !== 'open') throw refusal(state);
    return { tokenHash, required: true };
  }
}

/** Why an invitation lets nobody in. */
export function refusal(state: InvitationState | undefined): AppError {
  switch (state) {
    case 'used':
      return new AppError('invitation_used', 'This invitation has been used. Ask for a new one.');
    case 'expired':
      return new AppError('invitation_expired', 'This invitation has expired. Ask for a new one.');
    case 'revoked':
      return new AppError('invitation_revoked', 'This invitation was withdrawn. Ask for a new one.');
    case 'open':
    case undefined:
      return new AppError('invitation_unknown', 'This is no invitation of this server. Check the link.');
  }
}
