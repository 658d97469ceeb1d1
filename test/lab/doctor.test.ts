import { expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { describeLab } from './describe-lab.ts';
import { DOCTOR_CASES } from './doctor-cases.ts';
import { build, type Ground, type Plan, serve } from './ground.ts';
import { Lab } from './lab.ts';
import { signUp, visit } from './visitor.ts';

/** Someone signs up at a machine of this ground; browser and all go with the stack. */
async function arrive(
  lab: Lab,
  stack: AsyncDisposableStack,
  ground: Ground,
  name: 'ann' | 'ben',
): Promise<Person> {
  const { person } = stack.use(await visit(lab, ground[name].machine, ground.url, name));
  await signUp(person);
  return person;
}

const plan = (clients: Plan['clients'], server: Plan['server']): Plan => ({
  ...(clients && { clients }),
  ...(server && { server }),
  benIsFree: true,
});

describeLab('the call doctor', () => {
  test.concurrent.for(DOCTOR_CASES)(
    '$name',
    async ({ network, home, shut, relay, after, works, person, operator }) => {
      await using lab = new Lab();
      const ground = await build(lab, plan(network, home));
      const server = await serve(lab, ground, relay === 'off' ? { TURN: 'off' } : {});
      const { machine } = ground.server;
      if (shut) await machine.shut(...shut);
      if (relay === 'hangs') await machine.signal('SIGSTOP', 'turnserver');

      await using stack = new AsyncDisposableStack();
      if (after)
        expect((await (await arrive(lab, stack, ground, after)).checkCalls()).works).toContain('UDP');
      const ann = await arrive(lab, stack, ground, 'ann');
      expect(await ann.checkCalls()).toEqual({ works, person, operator });
      expect(ann.errors).toEqual([]);
      expect(server.output).not.toMatch(/"level":(50|60)/);
    },
  );

  test.concurrent('believes nobody about UDP once it was closed where it had worked', async () => {
    await using lab = new Lab();
    const ground = await build(lab, {});
    await serve(lab, ground);
    await using stack = new AsyncDisposableStack();
    const arriving = (['ann', 'ben'] as const).map((name) => arrive(lab, stack, ground, name));
    const people = await Promise.all(arriving);
    for (const person of people) expect((await person.checkCalls()).works).toContain('UDP');
    await ground.server.machine.shut('udp dport 44444');
    for (const person of people) {
      const found = await person.checkCalls();
      expect(found.person).toContain('your network blocks it, or the server’s port is closed');
      expect(found.operator).toContain('UDP 44444 does not reach the server');
    }
  });
});
