import { auditDetails, type AuditEntry, type Named } from '#protocol/admin';
import { z } from 'zod';
import type { AuditRepository } from '../admin/ports.ts';
import type { Database } from './database.ts';

const row = z
  .object({
    id: z.number(),
    at: z.number(),
    actor: z.string().nullable(),
    actor_name: z.string().nullable(),
    action: z.string(),
    subject: z.string().nullable(),
    subject_name: z.string().nullable(),
    details: z
      .string()
      .transform((text): unknown => JSON.parse(text))
      .pipe(auditDetails),
  })
  .transform((columns): AuditEntry => ({
    id: columns.id,
    at: columns.at,
    actor: named(columns.actor, columns.actor_name),
    action: columns.action,
    subject: named(columns.subject, columns.subject_name),
    details: columns.details,
  }));

const named = (id: string | null, name: string | null): Named | null =>
  id === null ? null : { id, name: name ?? '' };

/** The audit log in SQLite. Entries are added, and never changed or taken away. */
export class SqlAuditRepository implements AuditRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append({ at, actor, action, subject, details }: Omit<AuditEntry, 'id'>): Promise<void> {
    await this.#database('audit_log').insert({
      at,
      actor: actor?.id ?? null,
      actor_name: actor?.name ?? null,
      action,
      subject: subject?.id ?? null,
      subject_name: subject?.name ?? null,
      details: JSON.stringify(details),
    });
  }

  async list(before: number | undefined, limit: number): Promise<AuditEntry[]> {
    const rows: unknown = await this.#database('audit_log')
      .modify((query) => {
        if (before !== undefined) void query.where('id', '<', before);
      })
      .orderBy('id', 'desc')
      .limit(limit);
    return z.array(row).parse(rows);
  }
}
