import type { Call as CallView } from '#protocol/call';
import { legOf, memberLegs, stateOf, versionFor, type Call } from './call.ts';

/** A call as one of its members sees it: of the others' tabs and devices it tells nothing. */
export function presentCall(
  call: Call,
  accountId: string,
  usernameOf: (accountId: string) => string,
): CallView {
  return {
    id: call.id,
    conversationId: call.conversationId,
    kind: call.kind,
    state: stateOf(call),
    version: versionFor(call, accountId),
    createdAt: call.createdAt,
    answeredAt: call.answeredAt,
    endedAt: call.end?.at ?? null,
    reason: call.end?.reason ?? null,
    endedBy: call.end?.by ?? null,
    legs: memberLegs(call).map((leg) => ({
      participantId: leg.participantId,
      accountId: leg.accountId,
      username: usernameOf(leg.accountId),
      role: leg.role,
      state: leg.state,
      inAnotherCall: leg.inAnotherCall,
    })),
    boundTo: legOf(call, accountId)?.seat?.tab ?? null,
  };
}
