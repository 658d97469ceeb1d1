import { join } from 'node:path';
import { z } from 'zod';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import type { Port } from './router.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');

/** What a machine found out about the way to another. */
const answers = z.strictObject({
  /** The ports where somebody answered. */
  open: z.array(z.string()),
  /** What one UDP port of the machine looked like to those: an address and a port each. */
  seenAs: z.array(z.string()),
});
export type Answers = z.infer<typeof answers>;

/** Answers on these ports, UDP and TCP, until it is ended. */
export async function answer(machine: Namespace, ports: readonly number[]): Promise<Program> {
  const responder = machine.start(process.execPath, [join(PROGRAMS, 'responder.ts'), ...ports.map(String)]);
  await responder.readUntil('ready');
  return responder;
}

/** Tries each of the ports of this address. */
export async function knock(machine: Namespace, address: string, ports: readonly Port[]): Promise<Answers> {
  const printed = await machine.run(process.execPath, join(PROGRAMS, 'knocker.ts'), address, ...ports);
  return answers.parse(JSON.parse(printed));
}
