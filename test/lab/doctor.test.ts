import { test } from 'vitest';
import type { Person } from '../support/person.ts';
import { describeLab } from './describe-lab.ts';
import { DOCTOR_STORIES } from './doctor-cases.ts';
import { build, serve } from './ground.ts';
import { Lab } from './lab.ts';
import { signUp, visit } from './visitor.ts';

/** Each case takes as long as a browser waits for an answer that does not come. */
const PATIENCE_MS = 6 * 60_000;

describeLab('the call doctor', () => {
  test.concurrent.for(DOCTOR_STORIES)(
    '$name',
    { timeout: PATIENCE_MS },
    async ({ home, relay, cases }, { expect }) => {
      await using lab = new Lab();
      const ground = await build(lab, { clients: {}, benIsFree: true, ...(home && { server: home }) });
      const server = await serve(lab, ground, relay === 'off' ? { TURN: 'off' } : {});
      const { machine } = ground.server;
      await using stack = new AsyncDisposableStack();
      const people = new Map<'ann' | 'ben', Person>();
      /** Whose browser starts when it is first asked, and stays. */
      const personOf = async (name: 'ann' | 'ben'): Promise<Person> => {
        const known = people.get(name);
        if (known) return known;
        const { person } = stack.use(await visit(lab, ground[name].machine, ground.url, name));
        await signUp(person);
        people.set(name, person);
        return person;
      };

      for (const { name, who = 'ann', network = {}, shut = [], hangs, ...findings } of cases) {
        const asked = await personOf(who);
        await ground.ann.router?.restrict(network);
        await machine.shut(...shut);
        if (hangs) await machine.signal('SIGSTOP', 'turnserver');
        // One case that goes wrong is told, and so are those after it.
        expect.soft(await asked.checkCalls(), name).toEqual(findings);
      }
      for (const { errors } of people.values()) expect(errors).toEqual([]);
      expect(server.output).not.toMatch(/"level":(50|60)/);
    },
  );
});
