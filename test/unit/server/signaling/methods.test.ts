import { randomUUID } from 'node:crypto';
import type { Method } from '#protocol/methods';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { AppError } from '../../../../server/errors.ts';
import { createLogger } from '../../../../server/logger.ts';
import { Connection } from '../../../../server/signaling/connection.ts';
import { Dispatcher } from '../../../../server/signaling/dispatcher.ts';
import { createMethods, type Methods, type Services } from '../../../../server/signaling/methods.ts';
import { UnderWay } from '../../../../server/under-way.ts';
import { METHODS, sampleOf } from '../../../support/requests.ts';

/** What a request can name that is not everybody's. */
const OWNED = ['conversationId', 'callId', 'transportId', 'producerId'];
const owned = METHODS.filter((method) => Object.keys(sampleOf(method)).some((name) => OWNED.includes(name)));

function connect() {
  // One that nothing is connected to, which the types of `ws` leave out the options of.
  const socket = Reflect.construct(WebSocket, [null, undefined, {}]) as WebSocket;
  const identity = { accountId: randomUUID(), sessionId: randomUUID() };
  const seat = { device: randomUUID(), tab: randomUUID() };
  const connection = new Connection(socket, identity, seat, {
    host: 'localhost',
    address: undefined,
  });
  return { connection, socket };
}

/** One function for every method of the protocol. */
const forAll = <T>(of: (method: Method) => T) =>
  Object.fromEntries(METHODS.map((method) => [method, of(method)]));

/** A dispatcher that takes down which rules and handlers ran; every rule does as `rule`. */
function createDispatcher(rule: (method: Method) => unknown) {
  const ran: unknown[] = [];
  const dispatcher = new Dispatcher({
    methods: forAll((method) => ({
      rule: (_connection: unknown, data: unknown) => {
        ran.push(['rule', method, data]);
        return rule(method);
      },
      handle: (_connection: unknown, data: unknown, grant: unknown) => {
        ran.push(['handler', method, data, grant]);
        return {};
      },
    })) as unknown as Methods,
    rateLimitFactor: 1,
    observer: { answered: () => undefined },
    underWay: new UnderWay(),
    logger: createLogger('silent'),
  });
  return { dispatcher, ran };
}

const notThere = () => new AppError('not_found', 'There is no such thing.');

/** The real table, before services that refuse whatever they are asked. */
const strict = createMethods({
  chat: { members: () => Promise.reject(notThere()) },
  calls: { get: () => Promise.reject(notThere()), seatedAt: () => Promise.reject(notThere()) },
  checks: {
    assertOpen: () => {
      throw notThere();
    },
  },
  limits: {
    message: () => Promise.resolve(),
    report: () => Promise.resolve(),
    call: () => Promise.resolve(),
  },
} as unknown as Services);

describe.each(METHODS)('%s', (method) => {
  const data = sampleOf(method);

  test('its rule is awaited before its handler, which gets what the rule has found', async () => {
    const { dispatcher, ran } = createDispatcher(async (name) => {
      await new Promise(setImmediate);
      return `granted for ${name}`;
    });
    await dispatcher.dispatch(connect().connection, method, data);
    expect(ran).toEqual([
      ['rule', method, data],
      ['handler', method, data, `granted for ${method}`],
    ]);
  });

  test('its handler does not run where its rule refuses', async () => {
    const { dispatcher, ran } = createDispatcher(() => Promise.reject(notThere()));
    const answer = dispatcher.dispatch(connect().connection, method, data);
    await expect(answer).rejects.toMatchObject({ code: 'not_found' });
    expect(ran).toEqual([['rule', method, data]]);
  });

  test('is refused on a connection that is closed', async () => {
    const { connection, socket } = connect();
    socket.emit('close');
    const { dispatcher, ran } = createDispatcher((name) => strict[name].rule(connection, data as never));
    await expect(dispatcher.dispatch(connection, method, data)).rejects.toMatchObject({
      code: 'not_signed_in',
    });
    expect(ran).toEqual([['rule', method, data]]);
  });
});

test('each method that names a conversation, a call, a transport or a producer looks whose it is', async () => {
  expect(owned.length).toBeGreaterThan(15);
  const { connection } = connect();
  for (const method of owned) {
    const { dispatcher, ran } = createDispatcher((name) =>
      strict[name].rule(connection, sampleOf(name) as never),
    );
    const answer = dispatcher.dispatch(connection, method, sampleOf(method));
    await expect(answer, method).rejects.toMatchObject({ code: 'not_found' });
    expect(ran, method).toHaveLength(1);
  }
});

test('a method without a row does not compile', () => {
  const { ping, ...others } = strict;
  expect(ping).toHaveProperty('rule');
  // @ts-expect-error The row of `ping` is missing.
  const table: Methods = others;
  expect(Object.keys(table)).toHaveLength(METHODS.length - 1);
});
