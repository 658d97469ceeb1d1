/** A person's account. */
export interface Account {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly role: 'admin' | 'member';
  readonly passwordHash: string;
  readonly createdAt: number;
  readonly disabledAt: number | null;
}

/**
 * The form in which usernames and email addresses are compared: compatibility forms folded
 * (Unicode NFKC) and case ignored, so that "Ben", "BEN" and full-width "Ｂｅｎ" are one.
 */
export function comparisonKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().normalize('NFKC');
}
