import { requests, type Method, type RequestData } from '#protocol/methods';
import { Generator } from './fuzz/generate.ts';
import { Random } from './fuzz/random.ts';
import { camera, fingerprint } from './media.ts';

/** Every request of the protocol. */
export const METHODS = Object.keys(requests) as Method[];

/** Data that a request's schema accepts, with these values in the fields of those names. */
export function sampleOf<M extends Method>(method: M, fields: Record<string, unknown> = {}): RequestData<M> {
  // What has an inner order that its schema does not make up.
  const wanted: Record<string, unknown> = {
    dtlsParameters: fingerprint(),
    rtpParameters: camera(),
    ...fields,
  };
  const schema = requests[method].data;
  const generator = new Generator(new Random(1), {});
  for (let tries = 0; tries < 1_000; tries++) {
    const made = generator.make(schema) as Record<string, unknown>;
    const own = Object.keys(made).filter((name) => name in wanted);
    const parsed = schema.safeParse({
      ...made,
      ...Object.fromEntries(own.map((name) => [name, wanted[name]])),
    });
    if (parsed.success) return parsed.data as RequestData<M>;
  }
  throw new Error(`no data was made that ${method} accepts`);
}
