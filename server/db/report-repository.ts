import type { AdminReport } from '#protocol/admin';
import { z } from 'zod';
import type { AdminReportRepository } from '../admin/ports.ts';
import type { NewReport, ReportRepository } from '../reports/ports.ts';
import type { Database } from './database.ts';

const reportRow = z.object({
  id: z.string(),
  created_at: z.number(),
  reporter_id: z.string().nullable(),
  reporter_name: z.string().nullable(),
  account_id: z.string(),
  account_name: z.string(),
  note: z.string(),
  closed_at: z.number().nullable(),
  closer_name: z.string().nullable(),
});
const messageRow = z.object({ report_id: z.string(), text: z.string(), sent_at: z.number() });
const chosenRow = z.object({ seq: z.number(), text: z.string(), sent_at: z.number() });

/** Reports in SQLite. */
export class SqlReportRepository implements ReportRepository, AdminReportRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(report: NewReport): Promise<'added' | 'deleted' | 'no_such_message'> {
    const { id, reporterId, accountId, conversationId, note, createdAt } = report;
    return this.#database.transaction(async (transaction) => {
      const known: unknown = await transaction('reports').where({ id }).first();
      if (known !== undefined) return 'added';
      const live: unknown = await transaction('accounts')
        .where({ id: accountId })
        .whereNull('deleted_at')
        .first();
      if (live === undefined) return 'deleted';
      const ids = new Set(report.messages);
      // What its sender alone sees never reached the reporter. An entry of a call has no text.
      const rows: unknown = await transaction('messages')
        .where({ conversation_id: conversationId, sender_id: accountId, sender_only: false, call_id: null })
        .whereIn('id', [...ids])
        .select('seq', 'text', 'sent_at');
      const messages = z.array(chosenRow).parse(rows);
      if (messages.length !== ids.size) return 'no_such_message';
      await transaction('reports').insert({
        id,
        reporter_id: reporterId,
        account_id: accountId,
        note,
        created_at: createdAt,
      });
      if (messages.length > 0) {
        await transaction('report_messages').insert(
          messages.map((message) => ({ report_id: id, ...message })),
        );
      }
      return 'added';
    });
  }

  async list(
    { closed, before, notAbout }: Parameters<AdminReportRepository['list']>[0],
    limit: number,
  ): Promise<AdminReport[]> {
    const rows: unknown = await this.#which({ closed, notAbout })
      .join('accounts as reported', 'reported.id', 'reports.account_id')
      .leftJoin('accounts as reporters', 'reporters.id', 'reports.reporter_id')
      .leftJoin('accounts as closers', 'closers.id', 'reports.closed_by')
      .modify((query) => {
        if (before)
          void query.whereRaw('(reports.created_at, reports.id) < (?, ?)', [before.time, before.id]);
      })
      .orderBy([
        { column: 'reports.created_at', order: 'desc' },
        { column: 'reports.id', order: 'desc' },
      ])
      .limit(limit)
      .select('reports.*', {
        reporter_name: 'reporters.username',
        account_name: 'reported.username',
        closer_name: 'closers.username',
      });
    const reports = z.array(reportRow).parse(rows);
    const messageRows: unknown = await this.#database('report_messages')
      .whereIn(
        'report_id',
        reports.map(({ id }) => id),
      )
      .orderBy('seq');
    const messages = z.array(messageRow).parse(messageRows);
    return reports.map((row) => ({
      id: row.id,
      createdAt: row.created_at,
      reporter: row.reporter_id === null ? null : { id: row.reporter_id, name: row.reporter_name ?? '' },
      reported: { id: row.account_id, name: row.account_name },
      note: row.note,
      messages: messages
        .filter((message) => message.report_id === row.id)
        .map(({ text, sent_at }) => ({ text, sentAt: sent_at })),
      closed: row.closed_at === null ? null : { at: row.closed_at, by: row.closer_name },
    }));
  }

  async countOpen(notAbout: string | undefined): Promise<number> {
    const found: unknown = await this.#which({ closed: false, notAbout }).count({ count: '*' }).first();
    return z.object({ count: z.number() }).parse(found).count;
  }

  async close(id: string, by: string | null, now: number): Promise<boolean> {
    const open = this.#which({ closed: false, notAbout: by ?? undefined }).where({ id });
    return (await open.update({ closed_at: now, closed_by: by })) > 0;
  }

  #which({ closed, notAbout }: { closed: boolean; notAbout: string | undefined }) {
    return this.#database('reports').modify((query) => {
      if (closed) void query.whereNotNull('reports.closed_at');
      else void query.whereNull('reports.closed_at');
      if (notAbout !== undefined) void query.whereNot('reports.account_id', notAbout);
    });
  }
}
