import type { Report } from '#protocol/report';
import { AppError } from '../errors.ts';
import type { ReportRepository } from './ports.ts';

/** Takes in what people report to the admins. */
export class ReportService {
  readonly #reports: ReportRepository;

  constructor({ reports }: { reports: ReportRepository }) {
    this.#reports = reports;
  }

  /**
   * Keeps a report for the admins. The reported person learns nothing of it. `members` are those of the conversation, of
   * whom the reporter is one.
   *
   * @throws {AppError} `forbidden` for oneself, `not_found` unless the reported person is a member and each message was
   *   written there by the reported person and is visible to the reporter, `person_gone` where that account is deleted.
   */
  async add(reporterId: string, report: Report, members: readonly string[]): Promise<void> {
    const { accountId } = report;
    if (accountId === reporterId) throw new AppError('forbidden', 'You cannot report yourself.');
    if (!members.includes(accountId)) throw new AppError('not_found', 'There is no such person.');
    const outcome = await this.#reports.add({ ...report, reporterId, createdAt: Date.now() });
    if (outcome === 'deleted') throw new AppError('person_gone', 'This account is deleted.');
    if (outcome === 'no_such_message') {
      throw new AppError('not_found', 'One of these messages is not there: choose them again.');
    }
  }
}
