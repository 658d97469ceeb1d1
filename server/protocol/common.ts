import { z } from 'zod';

/** Ids are UUIDs (RFC 9562), made with a cryptographically secure random generator on either side. */
export const id = z.uuid();

/** Milliseconds since 1970-01-01T00:00Z by the server's clock. */
export const time = z.int().nonnegative();

/** Where a page of a list ended that is ordered by time: its last row. Rows of one time are told apart by id. */
export const pageEnd = z.strictObject({ time, id });
export type PageEnd = z.infer<typeof pageEnd>;

/** A message's place in its conversation: 1, 2, 3, ... without gaps. */
export const seq = z.int().nonnegative();

/** A request or an answer without content. */
export const nothing = z.strictObject({});

/**
 * The query of the WebSocket's address. A *device* is one browser profile and lasts; a *tab* lasts until
 * it is closed, reloads included. A call is bound to the tab that started or answered it, and a
 * new connection of the same tab takes it up again.
 */
export const connectQuery = z.object({ device: id, tab: id });
export type ConnectQuery = z.infer<typeof connectQuery>;
