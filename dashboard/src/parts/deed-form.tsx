import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useDeed } from '../api/use-deed.ts';
import { type Fields, fieldsOf } from './fields.ts';

/** Does what a form asks for, and returns what is to be said of it; nothing is said where that shows. */
export type Work = (fields: Fields) => Promise<string | void>;

type Shown = Readonly<{
  label: string;
  button: string;
  children?: ComponentChildren;
  onSubmit: Work;
  onClose?(): void;
}>;

/** A form that does one thing. What was typed stays until it is done. */
export function DeedForm({ label, button, children, onSubmit, onClose }: Shown) {
  const { isBusy, failure, run } = useDeed();
  const [said, setSaid] = useState('');
  const submit = (event: Event & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const form = event.currentTarget;
    void run(async () => {
      setSaid('');
      setSaid((await onSubmit(fieldsOf(form))) ?? '');
      form.reset();
    });
  };
  return (
    <form class="fields" aria-label={label} onSubmit={submit}>
      {children}
      <button type="submit" class="main" aria-disabled={isBusy}>
        {button}
      </button>
      {onClose && (
        <button type="button" onClick={onClose}>
          No
        </button>
      )}
      <p role="status">{said}</p>
      <p role="alert">{failure}</p>
    </form>
  );
}
