import { adminMethods, type AdminAnswer, type AdminData, type AdminMethod } from '#protocol/admin';
import type { ErrorBody } from '#protocol/errors';
import { askServer } from '../../server/control/control-client.ts';
import type { TestAccount } from './account.ts';

/** One of the doors to the admin methods. Every answer is parsed by the schema that the protocol promises for it. */
export interface AdminDoor {
  /** @throws {AdminRefused} */
  ask<M extends AdminMethod>(method: M, data: AdminData<M>): Promise<AdminAnswer<M>>;
}

export class AdminRefused extends Error {
  readonly code: string;
  constructor({ error }: ErrorBody) {
    super(`${error.code}: ${error.message}`);
    this.code = error.code;
  }
}

/** What a signed-in admin's page uses. */
export const pageDoor = (admin: TestAccount): AdminDoor => ({
  async ask(method, data) {
    const response = await admin.request('POST', `/api/admin/${method}`, data);
    return read(method, response.status, await response.json());
  },
});

/** What the operator's command line uses. */
export const operatorDoor = (dataDir: string): AdminDoor => ({
  async ask(method, data) {
    const answer = await askServer(dataDir, method, data);
    if (!answer) throw new Error('no server runs there');
    return read(method, answer.status, answer.body);
  },
});

function read<M extends AdminMethod>(method: M, status: number, body: unknown): AdminAnswer<M> {
  if (status >= 400) throw new AdminRefused(body as ErrorBody);
  return adminMethods[method].answer.parse(body) as AdminAnswer<M>;
}
