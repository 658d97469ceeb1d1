import { z } from 'zod';
import { id } from './common.ts';
import { SEARCH_MAX } from './limits.ts';

export const presence = z.enum(['online', 'in_call', 'offline']);
export type Presence = z.infer<typeof presence>;

/** Another account, as everyone signed in sees it. */
export const person = z.strictObject({
  id,
  username: z.string(),
  presence,
  /** Disabled or deleted: not in the list any more, and can be neither called nor written to. */
  gone: z.enum(['disabled', 'deleted']).optional(),
});
export type Person = z.infer<typeof person>;

/**
 * One page of the people, those online (or in a call) first, each group by name. Asking for the first
 * page makes the list the connection's *view*; each further page widens it. From then on the server
 * sends `personChanged` for whoever is in the view, or comes into it, and for nobody else.
 */
export const listPeople = z.strictObject({
  /** Part of a name, whatever the case; empty for everyone. */
  search: z.string().max(SEARCH_MAX),
  /** The last person of the page before; absent for the first page. */
  after: z.strictObject({ online: z.boolean(), username: z.string().max(SEARCH_MAX) }).optional(),
});
export type ListPeople = z.infer<typeof listPeople>;

export const peoplePage = z.strictObject({
  people: z.array(person),
  /** Whether there are more after the last one. */
  more: z.boolean(),
  /** How many people are online in all, oneself not counted. */
  online: z.int().nonnegative(),
});
export type PeoplePage = z.infer<typeof peoplePage>;

/** Someone in view came, went, started or ended a call. `online` as in the page. */
export const personChanged = z.strictObject({ person, online: z.int().nonnegative() });
export type PersonChanged = z.infer<typeof personChanged>;
