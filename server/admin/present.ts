import type { AdminAccount, Invitation, Named } from '#protocol/admin';
import { stateOf } from '../accounts/invitation.ts';
import type { ListedInvitation } from './ports.ts';

export function presentInvitation(invitation: ListedInvitation, now: number): Invitation {
  const { id, createdAt, createdBy, expiresAt, usedBy } = invitation;
  return { id, state: stateOf(invitation, now), createdAt, createdBy, expiresAt, usedBy };
}

export const nameOf = ({ id, username }: AdminAccount): Named => ({ id, name: username });
