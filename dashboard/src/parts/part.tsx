import type { ComponentChildren } from 'preact';
import type { Reading } from '../api/use-reading.ts';

type Shown<T> = Readonly<{ id: string; title: string; reading: Reading<T>; children(value: T): ComponentChildren }>;

/** A part of a view. What is no longer known is said, and what was known last is kept for who knows that. */
export function Part<T>({ id, title, reading: { value, failure }, children }: Shown<T>) {
  return (
    <section aria-labelledby={id} data-current={failure === undefined}>
      <h2 id={id}>{title}</h2>
      <p role="alert">
        {failure && `${value === undefined ? 'Not known.' : 'These figures are not current.'} ${failure.message}`}
      </p>
      {value === undefined ? !failure && <p class="empty">Being read.</p> : children(value)}
    </section>
  );
}
