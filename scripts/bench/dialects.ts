import type { Dialect } from './chatter.ts';

const TEXT = 'The harbour is quiet this evening, and the ferry is late again. ';
const ID_PREFIX = '00000000-0000-4000-8000-';

/** protoo, as `server/protocol/` has it. */
export const chatAway: Dialect = {
  write(number, { conversationId }) {
    const data = { conversationId, id: messageId(number), text: TEXT };
    return JSON.stringify({ request: true, id: number, method: 'sendMessage', data });
  },
  read(text) {
    const frame = JSON.parse(text) as
      | { response: true; id: number; ok?: true; errorCode?: string }
      | { notification: true; method: string; data: { message?: { id: string } } };
    if ('response' in frame) {
      if (frame.ok) return { acknowledged: frame.id };
      throw new Error(`a message was refused: ${frame.errorCode ?? ''}`);
    }
    const id = frame.method === 'message' ? frame.data.message?.id : undefined;
    return id === undefined ? undefined : { delivered: parseInt(id.slice(ID_PREFIX.length), 16) };
  },
};

/** What `echo-child.ts` understands. */
export const echo: Dialect = {
  write: (number, _pair, to) => JSON.stringify({ id: number, to: to.id, text: TEXT }),
  read(text) {
    const { id, acknowledged } = JSON.parse(text) as { id?: number; acknowledged?: number };
    if (acknowledged !== undefined) return { acknowledged };
    return id === undefined ? undefined : { delivered: id };
  },
};

/** A message's id is a UUID made by its sender; this one tells its number. */
function messageId(number: number): string {
  return ID_PREFIX + number.toString(16).padStart(12, '0');
}
