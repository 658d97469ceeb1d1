import { randomUUID } from 'node:crypto';
import type { Couple } from './call.ts';

/** Ann reports Ben with a note alone; the report's id. */
export async function reportNote(
  { a, ben, conversationId }: Couple,
  note = 'He calls me at night.',
): Promise<string> {
  const id = randomUUID();
  await a.request('report', { id, conversationId, accountId: ben.id, messages: [], note });
  return id;
}
