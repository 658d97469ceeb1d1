import { z } from 'zod';
import { id, writtenText } from './common.ts';
import { REPORT_MESSAGES_MAX, REPORT_NOTE_MAX } from './limits.ts';
import { isBlank } from './text.ts';

/** Reports a person to the admins. The person is not told. */
export const report = z
  .strictObject({
    /** Made by the reporter's client; sending it again stays one report. */
    id,
    conversationId: id,
    /** The person who is reported, a member of the conversation. */
    accountId: id,
    /** The ids of the messages that the admins get copies of: written by that person, and visible to the reporter. */
    messages: z.array(id).max(REPORT_MESSAGES_MAX),
    note: writtenText(REPORT_NOTE_MAX),
  })
  .refine(({ messages, note }) => messages.length > 0 || !isBlank(note), 'has neither a message nor a note');
export type Report = z.infer<typeof report>;
