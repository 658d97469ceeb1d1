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
