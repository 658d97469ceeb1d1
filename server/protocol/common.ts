import { z } from 'zod';
import { codePoints, CONTROLS, LONE_SURROGATES } from './text.ts';

/** Ids are UUIDs (RFC 9562), made with a cryptographically secure random generator on either side. */
export const id = z.uuid();

/** Milliseconds since 1970-01-01T00:00Z by the server's clock. */
export const time = z.int().nonnegative();

/** Where a page of a list ended that is ordered by time: its last row. Rows of one time are told apart by id. */
export const pageEnd = z.strictObject({ time, id });
export type PageEnd = z.infer<typeof pageEnd>;

/**
 * A message's place in its conversation: 1, 2, 3, ... Someone who has blocked the other for a while sees gaps: messages
 * that were sent meanwhile are visible to their sender alone.
 */
export const seq = z.int().nonnegative();

/**
 * What a person has written: at most `max` code points, without control characters other than tab and line feed, and
 * well-formed (no lone surrogates, which do not survive UTF-8).
 */
export const writtenText = (max: number) =>
  z
    .string()
    .max(max * 2)
    .refine((text) => codePoints(text) <= max, `has more than ${max} characters`)
    .refine((text) => text.search(LONE_SURROGATES) < 0, 'is not well-formed Unicode')
    .refine((text) => text.search(CONTROLS) < 0, 'has control characters');

/** A request or an answer without content. */
export const nothing = z.strictObject({});

/**
 * The query of the WebSocket's address. A *device* is one browser profile and lasts; a *tab* lasts until
 * it is closed, reloads included. A call is bound to the tab that started or answered it, and a
 * new connection of the same tab takes it up again.
 */
export const connectQuery = z.object({ device: id, tab: id });
export type ConnectQuery = z.infer<typeof connectQuery>;
