import type { Report } from '#protocol/report';

/** A report as it comes in. */
export interface NewReport extends Report {
  readonly reporterId: string;
  readonly createdAt: number;
}

/** Where reports are kept. */
export interface ReportRepository {
  /**
   * Keeps the report with copies of its messages; one with the same id stays one report. Nothing is kept where the reported
   * account is deleted, or where a message was not written by it in this conversation, or is not visible to the reporter.
   */
  add(report: NewReport): Promise<'added' | 'deleted' | 'no_such_message'>;
}
