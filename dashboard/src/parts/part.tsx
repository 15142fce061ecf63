import type { ComponentChildren } from 'preact';
import type { Reading } from '../api/use-reading.ts';
import { Age } from './age.tsx';

type Shown<T> = Readonly<{ id: string; title: string; reading: Reading<T>; children(value: T): ComponentChildren }>;

/**
 * A part of a view. What is no longer known is said, and what was known last is kept for who knows that; a copy that is stale bears
 * its age.
 */
export function Part<T>({ id, title, reading: { value, failure }, children }: Shown<T>) {
  const oldSince = staleSince(value);
  return (
    <section aria-labelledby={id} data-current={failure === undefined}>
      <h2 id={id}>{title}</h2>
      {oldSince !== undefined && <Age at={oldSince} isLive={false} />}
      <p role="alert">
        {failure && `${value === undefined ? 'Not known.' : 'These figures are not current.'} ${failure.message}`}
      </p>
      {value === undefined ? !failure && <p class="empty">Being read.</p> : children(value)}
    </section>
  );
}

/** When market data was fetched that the API itself calls stale. */
function staleSince(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('stale' in value) || !('as_of' in value)) return undefined;
  return value.stale === true && typeof value.as_of === 'string' ? value.as_of : undefined;
}
