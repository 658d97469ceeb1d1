import type { FieldProblem } from '#protocol/errors';
import { ApiError } from './api.ts';

/** What a form has to say after it was sent. */
export interface FormOutcome {
  /** What is wrong with which field. */
  fields: Partial<Record<string, FieldProblem>>;
  /** What is wrong with the whole. */
  error: ApiError | null;
}

export type OnSwitch = (on: boolean) => void;

/** Of several choices: what one is called, and what happens where it is taken. */
export type NameOf<T> = (choice: T) => string;
export type OnChoice<T> = (choice: T) => void;

export const NO_FAULT: FormOutcome = { fields: {}, error: null };

/** Does what the form asks, and turns a refusal into something to show. */
export async function submitForm(work: () => Promise<void>): Promise<FormOutcome> {
  try {
    await work();
    return NO_FAULT;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const atFields = Object.keys(error.fields).length > 0;
    return { fields: error.fields, error: atFields ? null : error };
  }
}

/** Leads to the first field that needs another look. */
export function focusFault(form: HTMLFormElement): void {
  form.querySelector<HTMLInputElement>('[aria-invalid]')?.focus();
}
