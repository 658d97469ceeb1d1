import type { CurrentSession, Self } from '#protocol/account';
import { h } from '../lib/dom.ts';
import { focusFault, type FormOutcome, submitForm } from '../lib/form.ts';
import { account as texts } from '../texts/account.ts';
import { errors } from '../texts/errors.ts';

export interface EntryField {
  name: string;
  label: string;
  hint?: string;
  type?: 'email' | 'password';
  autocomplete: string;
}

export interface EntryForm {
  title: string;
  submit: string;
  busy: string;
  other: string;
  otherLink: string;
  fields: readonly EntryField[];
  send(values: Partial<Record<string, string>>): Promise<CurrentSession>;
}

export interface EntryFormOptions {
  onSubmit(): void;
  onSignedIn(account: Self): Promise<void>;
}

export function makeForm(spec: EntryForm, { onSubmit, onSignedIn }: EntryFormOptions): HTMLFormElement {
  const fields = spec.fields.map(makeField);
  const button = h('button', { class: 'button' }, spec.submit);
  const fault = h('div', { class: 'faults' });
  const form = h(
    'form',
    { novalidate: true },
    h('h1', {}, spec.title),
    fault,
    ...fields.map(({ element }) => element),
    makeReveal(fields),
    button,
  );
  let busy = false;

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!busy) void submit();
  });

  async function submit() {
    busy = true;
    button.textContent = spec.busy;
    onSubmit();
    const values = Object.fromEntries(fields.map(({ name, input }) => [name, input.value]));
    const outcome = await submitForm(async () => {
      const { account } = await spec.send(values);
      if (account) await onSignedIn(account);
    });
    busy = false;
    button.textContent = spec.submit;
    tell(outcome);
  }

  function tell({ fields: problems, error }: FormOutcome) {
    const words = error && errors.words(error.code, error.retryAfter);
    fault.replaceChildren(...(words ? [h('p', { class: 'fault', role: 'alert' }, words)] : []));
    for (const field of fields) {
      const problem = problems[field.name];
      field.tell(problem ? texts.field(field.name, problem) : null);
    }
    focusFault(form);
  }

  return form;
}

interface Field {
  name: string;
  element: HTMLElement;
  input: HTMLInputElement;
  secret: boolean;
  /** Shows what is wrong with it, or that nothing is. */
  tell(problem: string | null): void;
}

function makeField({ name, label, hint, type, autocomplete }: EntryField): Field {
  const id = `entry-${name}`;
  const attributes = {
    id,
    name,
    autocomplete,
    type: type ?? 'text',
    autocapitalize: 'none',
    spellcheck: 'false',
    dir: type === 'password' ? undefined : 'auto',
  };
  const input = h('input', { ...attributes, required: true });
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), input);
  const note = h('p', { id: `${id}-note` });

  function tell(problem: string | null) {
    const words = problem ?? hint;
    note.remove();
    for (const name of ['aria-invalid', 'aria-describedby']) input.removeAttribute(name);
    note.removeAttribute('role');
    if (!words) return;
    note.textContent = words;
    note.className = problem ? 'error' : 'hint';
    input.setAttribute('aria-describedby', note.id);
    if (problem) {
      input.setAttribute('aria-invalid', 'true');
      note.setAttribute('role', 'alert');
    }
    element.append(note);
  }

  tell(null);
  return { name, element, input, secret: type === 'password', tell };
}

/** Shows what was typed into the password fields, or hides it again. */
function makeReveal(fields: readonly Field[]): HTMLButtonElement {
  const button = h('button', { class: 'show', type: 'button' }, texts.showPassword);
  let shown = false;
  button.addEventListener('click', () => {
    shown = !shown;
    button.textContent = shown ? texts.hidePassword : texts.showPassword;
    for (const { input, secret } of fields) if (secret) input.type = shown ? 'text' : 'password';
  });
  return button;
}
