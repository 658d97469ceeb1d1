import type { CurrentSession } from '#protocol/account';
import type { ErrorBody } from '#protocol/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookieOf, PASSWORD, request, TestAccount } from '../support/account.ts';
import { expectNoInternals } from '../support/leaks.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let first: TestAccount;
let ann: TestAccount;
beforeAll(async () => {
  server = await startServer();
  first = await TestAccount.signUp(server.url, 'founder');
  ann = await TestAccount.signUp(server.url, 'Ann-Sophie');
});
afterAll(() => server.close());

async function errorOf(response: Response): Promise<ErrorBody['error']> {
  const text = await response.text();
  expectNoInternals(text);
  return (JSON.parse(text) as ErrorBody).error;
}

async function whoIs(cookie: string): Promise<CurrentSession['account']> {
  const response = await request(server.url, 'GET', '/api/session', { cookie });
  expect(response.status).toBe(200);
  return ((await response.json()) as CurrentSession).account;
}

const signUp = (form: object) => request(server.url, 'POST', '/api/account', { body: form });
const signIn = (username: string, password: string) =>
  request(server.url, 'POST', '/api/session', { body: { username, password } });

const good = { username: 'newcomer', email: 'new@example.org', password: PASSWORD, passwordRepeat: PASSWORD };
const twice = (password: string) => ({ password, passwordRepeat: password });

describe('signing up', () => {
  test('the first account of a server is its admin, and nobody else', () => {
    expect(first.self.role).toBe('admin');
    expect(ann.self.role).toBe('member');
  });

  test.each([
    [{ username: '' }, { username: 'required' }],
    [{ username: '  ' }, { username: 'required' }],
    [{ username: 'ab' }, { username: 'too_short' }],
    [{ username: 'a'.repeat(33) }, { username: 'too_long' }],
    [{ username: 'a b c' }, { username: 'bad_characters' }],
    [{ username: '<script>' }, { username: 'bad_characters' }],
    [{ username: 'рaypal' }, { username: 'mixed_scripts' }],
    [{ email: '' }, { email: 'required' }],
    [{ email: 'nowhere' }, { email: 'not_an_email' }],
    [{ email: `${'a'.repeat(250)}@example.org` }, { email: 'too_long' }],
    [twice(''), { password: 'required' }],
    [twice('Zq8!mW2#p'), { password: 'too_short' }],
    [twice('Zq8!mW2#pL'.repeat(13)), { password: 'too_long' }],
    [twice('password123'), { password: 'too_common' }],
    [twice('zzzzzzzzzzzz'), { password: 'too_common' }],
    [twice('newcomer1234'), { password: 'contains_username' }],
    [{ passwordRepeat: `${PASSWORD}!` }, { passwordRepeat: 'differs' }],
    [{ username: 'ANN-SOPHIE' }, { username: 'taken' }],
    [{ username: 'ａｎｎ-ｓｏｐｈｉｅ' }, { username: 'taken' }],
    [{ email: 'ANN-Sophie@Example.ORG' }, { email: 'taken' }],
    // Whether the email address has an account is not told beside another fault.
    [{ username: 'ann-sophie', email: 'ann-sophie@example.org' }, { username: 'taken' }],
    [{ email: 'ann-sophie@example.org', ...twice('password123') }, { password: 'too_common' }],
    [
      { username: '', email: '', password: '', passwordRepeat: 'x' },
      { username: 'required', email: 'required', password: 'required', passwordRepeat: 'differs' },
    ],
  ])('%j is told at the field', async (wrong, fields) => {
    const response = await signUp({ ...good, ...wrong });
    expect(response.status).toBe(400);
    expect(cookieOf(response)).toBe('');
    expect(await errorOf(response)).toMatchObject({ code: 'invalid', fields });
    expect((await signIn('newcomer', PASSWORD)).status).toBe(401);
  });

  test.each([
    [{}],
    [{ ...good, username: 7 }],
    [{ ...good, username: null }],
    [{ ...good, password: ['a'] }],
    [{ ...good, role: 'admin' }],
    [{ ...good, username: 'x'.repeat(1025) }],
    [[good]],
  ])('%.60j has not the shape of a form', async (form) => {
    const response = await signUp(form);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'invalid' });
  });

  test('at once under one name, one account is made', async () => {
    const names = ['Twin', 'TWIN', 'twin', 'ＴＷＩＮ', 'tWiN'];
    const answers = await Promise.all(
      names.map((username, index) => signUp({ ...good, username, email: `twin${index}@example.org` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400]);
  });

  test('white space around a name and an address is not part of them', async () => {
    const response = await signUp({ ...good, username: ' spacious ', email: ' spacious@example.org ' });
    expect(response.status).toBe(201);
    expect(await whoIs(cookieOf(response))).toMatchObject({
      username: 'spacious',
      email: 'spacious@example.org',
    });
  });
});

describe('signing in', () => {
  test.each([
    'Ann-Sophie',
    'ann-sophie',
    'ＡＮＮ-ｓｏｐｈｉｅ',
    ' ann-sophie ',
    'Ann-Sophie@example.org',
    'ANN-SOPHIE@EXAMPLE.ORG',
  ])('as %j', async (name) => {
    const response = await signIn(name, PASSWORD);
    expect(response.status).toBe(200);
    expect(await whoIs(cookieOf(response))).toEqual(ann.self);
  });

  test('an unknown name and a wrong password get the same answer', async () => {
    const answers = [
      await signIn('ann-sophie', 'wrong password'),
      await signIn('nobody', 'wrong password'),
      await signIn('nobody@example.org', PASSWORD),
      await signIn('', PASSWORD),
    ];
    const seen = await Promise.all(
      answers.map(async (response) => {
        const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
        return { status: response.status, headers, text: await response.text() };
      }),
    );
    expect(seen[0]?.status).toBe(401);
    expect(JSON.parse(seen[0]?.text ?? '')).toMatchObject({ error: { code: 'wrong_credentials' } });
    for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
  });

  test('the password is compared in its normal form, and its case counts', async () => {
    const password = 'Straße am Ha\u0308fen';
    const form = { ...good, username: 'hafen', email: 'hafen@example.org', ...twice(password) };
    expect((await signUp(form)).status).toBe(201);
    expect((await signIn('hafen', password.normalize('NFC'))).status).toBe(200);
    expect((await signIn('hafen', password.toLowerCase())).status).toBe(401);
  });
});

describe('changing the password', () => {
  const change = (account: TestAccount, form: object) =>
    account.request('PUT', '/api/account/password', form);

  test('ends every other session, lets this one go on, and the old password is no more', async () => {
    const here = await TestAccount.signUp(server.url, 'changer');
    const there = await TestAccount.signIn(server.url, 'changer');
    using mine = await here.connect();
    using theirs = await there.connect();
    const password = 'another quiet harbour';
    const answer = await change(here, { currentPassword: PASSWORD, password, passwordRepeat: password });
    expect(answer.status).toBe(204);
    expect(await theirs.closed()).toBe(4000);
    expect(await whoIs(there.cookie)).toBeNull();
    expect(await whoIs(here.cookie)).toEqual(here.self);
    await mine.request('ping', {});
    expect((await signIn('changer', PASSWORD)).status).toBe(401);
    expect((await signIn('changer', password)).status).toBe(200);
  });

  test.each([
    [{ currentPassword: 'not the one' }, { currentPassword: 'wrong' }],
    [twice('short'), { password: 'too_short' }],
    [twice('Ann-Sophie12'), { password: 'contains_username' }],
    [{ passwordRepeat: 'something else' }, { passwordRepeat: 'differs' }],
  ])('%j is told at the field, and nothing changes', async (wrong, fields) => {
    const password = 'yet another harbour';
    const form = { currentPassword: PASSWORD, password, passwordRepeat: password, ...wrong };
    const response = await change(ann, form);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).fields).toEqual(fields);
    expect((await signIn('ann-sophie', PASSWORD)).status).toBe(200);
  });
});

describe('changing the email address', () => {
  const change = (account: TestAccount, form: object) => account.request('PUT', '/api/account/email', form);

  test('signs in by the new one, and no more by the old one', async () => {
    const mover = await TestAccount.signUp(server.url, 'mover');
    const response = await change(mover, { currentPassword: PASSWORD, email: 'Moved@example.org' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ account: { ...mover.self, email: 'Moved@example.org' } });
    expect((await signIn('moved@example.org', PASSWORD)).status).toBe(200);
    expect((await signIn('mover@example.org', PASSWORD)).status).toBe(401);
  });

  test.each([
    [{ email: 'founder@EXAMPLE.org' }, { email: 'taken' }],
    [{ email: 'nowhere' }, { email: 'not_an_email' }],
    [{ currentPassword: 'not the one' }, { currentPassword: 'wrong' }],
  ])('%j is told at the field', async (wrong, fields) => {
    const response = await change(ann, { currentPassword: PASSWORD, email: 'sophie@example.org', ...wrong });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).fields).toEqual(fields);
    expect(await whoIs(ann.cookie)).toEqual(ann.self);
  });
});

test.each([
  ['PUT', '/api/account/password'],
  ['PUT', '/api/account/email'],
  ['GET', '/api/sessions'],
  ['DELETE', '/api/sessions'],
  ['DELETE', '/api/sessions/6f1e3bb0-0d3c-4b3e-9a55-0a4d7c0f2a11'],
])('%s %s asks for a session', async (method, path) => {
  const form = { currentPassword: PASSWORD, email: 'a@b.org', ...twice(PASSWORD) };
  const response = await request(server.url, method, path, method === 'PUT' ? { body: form } : {});
  expect(response.status).toBe(401);
  expect((await errorOf(response)).code).toBe('not_signed_in');
});
