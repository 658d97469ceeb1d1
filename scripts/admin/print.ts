import type { AdminReport, AuditEntry, Invitation } from '#protocol/admin';

/** A time that sorts, by the machine's clock: "2026-11-24 16:05". */
export function formatTime(time: number | null): string {
  if (time === null) return '-';
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Rows under their headings, each column as wide as it has to be. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows.map((row) => row.map(plain))];
  const widths = headings.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A terminal obeys control characters; what people have sent (a browser's name, say) is only to be read. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

export function invitationRow(invitation: Invitation): string[] {
  const { id, state, createdAt, createdBy, expiresAt, usedBy } = invitation;
  return [id, state, formatTime(createdAt), createdBy ?? 'operator', formatTime(expiresAt), usedBy ?? '-'];
}

export function auditRow({ at, actor, action, subject, details }: AuditEntry): string[] {
  const more = Object.entries(details).map(([name, value]) => `${name}=${value}`);
  return [formatTime(at), actor?.name ?? 'operator', action, subject?.name ?? '-', more.join(' ')];
}

/** A report and its messages, each line of what people wrote indented, so that it cannot pass for another report. */
export function reportText({
  id,
  createdAt,
  reporter,
  reported,
  note,
  messages,
  closed,
}: AdminReport): string {
  const indented = (text: string) => text.split('\n').map((line) => `    ${plain(line)}`);
  return [
    `REPORT ${id}`,
    `${formatTime(createdAt)}  ${plain(reporter?.name ?? 'a deleted account')} reports ${plain(reported.name)}`,
    ...(closed ? [`  Closed ${formatTime(closed.at)} by ${plain(closed.by ?? 'operator')}`] : []),
    ...(note === '' ? [] : ['  Note:', ...indented(note)]),
    ...messages.flatMap(({ text, sentAt }) => [`  ${formatTime(sentAt)}:`, ...indented(text)]),
  ].join('\n');
}
