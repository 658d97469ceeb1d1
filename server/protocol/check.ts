import { z } from 'zod';
import { id } from './common.ts';
import {
  consumerOptions,
  dtlsParameters,
  iceServers,
  rtpCapabilities,
  rtpParameters,
  transportOptions,
} from './media.ts';
import { ROUTES } from './rules.ts';

/** A way from a client to the media server. */
export const route = z.enum(ROUTES);
export type Route = z.infer<typeof route>;

/** Begins a check of the ways to the media server: a minute's worth, one at a time for each connection. */
export const openCheck = z.strictObject({ rtpCapabilities });
export type OpenCheck = z.infer<typeof openCheck>;

export const checkOpened = z.strictObject({
  checkId: id,
  /** One transport for each way that this server offers; its candidates lead over that way alone. */
  routes: z.array(z.strictObject({ route, transport: transportOptions, iceServers: iceServers.nullable() })),
  /** Brings back what is sent over one of them. */
  back: z.strictObject({ transport: transportOptions, iceServers: iceServers.nullable() }),
  /** What has worked lately for others who come from the same side, the Internet or the server's own network. */
  seen: z.array(route),
});
export type CheckOpened = z.infer<typeof checkOpened>;

/** Ends a check, unless a later one has taken its place; `failed` are the ways that did not connect, where all were tried. */
export const closeCheck = z.strictObject({ checkId: id, failed: z.array(route).max(5).optional() });
export type CloseCheck = z.infer<typeof closeCheck>;

export const connectCheck = z.strictObject({ transportId: id, dtlsParameters });
export type ConnectCheck = z.infer<typeof connectCheck>;
export const produceCheck = z.strictObject({ transportId: id, rtpParameters });
export type ProduceCheck = z.infer<typeof produceCheck>;
/** The way back of what was sent; it flows at once, so the client makes the consumer before it connects. */
export const consumeCheck = z.strictObject({ producerId: id });
export type ConsumeCheck = z.infer<typeof consumeCheck>;
export const checkConsumed = z.strictObject({ consumer: consumerOptions });
export type CheckConsumed = z.infer<typeof checkConsumed>;
