import { adminMethods } from '#protocol/admin';
import { OPERATOR } from './actor.ts';
import type { AdminService } from './admin-service.ts';

/** Every admin method, for whoever runs the server. */
export function operatorMethods(admin: AdminService): Record<string, (data: unknown) => Promise<object>> {
  return Object.fromEntries(
    Object.keys(adminMethods).map((method) => [method, (data: unknown) => admin.run(OPERATOR, method, data)]),
  );
}
