import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../../scripts/support/paths.ts';

/** What the test takes over of a service. That the file is a good one altogether is for dclint to say. */
const service = z.object({
  user: z.string().regex(/^\d+:\d+$/),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()),
  environment: z.record(z.string(), z.string()).default({}),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  volumes: z.array(z.string()),
  tmpfs: z.array(z.string()),
  ports: z.array(z.string()).default([]),
});
export type Service = z.infer<typeof service>;

const file = z.object({ services: z.object({ app: service, turn: service }) });

/** The services of docker/compose.yaml, as an operator with these settings has them. */
export async function readCompose(
  settings: Record<string, string>,
): Promise<{ app: Service; turn: Service }> {
  const text = await readFile(join(ROOT, 'docker', 'compose.yaml'), 'utf8');
  const fill = (_: unknown, value: unknown) =>
    typeof value === 'string' ? interpolate(value, settings) : value;
  return file.parse(parse(text, fill, { merge: true })).services;
}

/** `${NAME:-otherwise}` and `${NAME:?complaint}`, the two forms that ours has. */
function interpolate(text: string, settings: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    const value = settings[name];
    if (value === undefined && kind === '?') throw new Error(`${name}: ${rest}`);
    return value ?? rest;
  });
}
