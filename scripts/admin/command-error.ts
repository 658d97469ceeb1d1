/** The command cannot be carried out. The message is a sentence for the one who typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** As the server tells it; `failed` for what never got there. */
  readonly code: string;
  /** What is wrong with which field of an account. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(message: string, told: { code?: string; fields?: Record<string, string> | undefined } = {}) {
    super(message);
    this.code = told.code ?? 'failed';
    this.fields = told.fields ?? {};
  }
}

/** Someone else is at the database right now. */
export class Busy extends CommandError {
  constructor() {
    super('A server that starts, or another command, is at work on the database: run this one again.');
  }
}

/** The command was typed wrongly. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const PROBLEMS: Record<string, string> = {
  required: 'is missing',
  too_short: 'is too short',
  too_long: 'is too long',
  bad_characters: 'has characters that a name cannot have',
  bad_marks: 'has accents on something else than a letter, or too many on one',
  no_letter: 'needs a letter or digit',
  mixed_scripts: 'mixes letters or digits of different writing systems',
  reserved: 'is reserved for deleted accounts',
  looks_alike: 'looks like the name of another account',
  not_an_email: 'is no email address',
  taken: 'is taken',
};

/** One sentence. */
export function wordsOf({ message, fields }: CommandError): string {
  const wrong = Object.entries(fields).map(([field, problem]) => `${field} ${PROBLEMS[problem] ?? problem}`);
  return wrong.length > 0 ? `${wrong.join(', ')}.`.replace(/^./, (first) => first.toUpperCase()) : message;
}
