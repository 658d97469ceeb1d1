import type { Report } from '#protocol/report';
import { AppError } from '../errors.ts';
import type { ReportRepository } from './ports.ts';

interface Collaborators {
  reports: ReportRepository;
  conversations: {
    /** The conversation's members. @throws {AppError} `not_found` unless the account is one of them. */
    members(id: string, accountId: string): Promise<string[]>;
  };
}

/** Takes in what people report to the admins. */
export class ReportService {
  readonly #reports: ReportRepository;
  readonly #conversations: Collaborators['conversations'];

  constructor({ reports, conversations }: Collaborators) {
    this.#reports = reports;
    this.#conversations = conversations;
  }

  /**
   * Keeps a report for the admins. The reported person learns nothing of it.
   *
   * @throws {AppError} `forbidden` for oneself, `not_found` unless both are members of the conversation and each message was
   *   written there by the reported person and is visible to the reporter, `person_gone` where that account is deleted.
   */
  async add(reporterId: string, report: Report): Promise<void> {
    const { conversationId, accountId } = report;
    if (accountId === reporterId) throw new AppError('forbidden', 'You cannot report yourself.');
    const members = await this.#conversations.members(conversationId, reporterId);
    if (!members.includes(accountId)) throw new AppError('not_found', 'There is no such person.');
    const outcome = await this.#reports.add({ ...report, reporterId, createdAt: Date.now() });
    if (outcome === 'deleted') throw new AppError('person_gone', 'This account is deleted.');
    if (outcome === 'no_such_message') {
      throw new AppError('not_found', 'One of these messages is not there: choose them again.');
    }
  }
}
