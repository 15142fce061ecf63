import { useState } from 'preact/hooks';
import { askOnce } from '../api/ask-api.ts';
import { formatTime } from '../prices/quote.ts';
import { useDeed } from '../api/use-deed.ts';
import type { DeadLetter } from './use-ops.ts';

type Shown = Readonly<{ letters: readonly DeadLetter[]; mayReplay: boolean; onChange(): Promise<void> }>;

/** Jobs that gave up and were not replayed, each with its reason; administrators give them another chance. */
export function DeadLetters({ letters, mayReplay, onChange }: Shown) {
  const [said, setSaid] = useState('');
  const { isBusy, failure, run } = useDeed();
  const replay = async ({ id, kind }: DeadLetter) => {
    setSaid('');
    await askOnce('/dead-letters/replay', { ids: [id], limit: 1 }).finally(() => void onChange());
    setSaid(`${kind} is queued again.`);
  };
  return (
    <>
      <p role="status" class="faint">
        {said}
      </p>
      <p role="alert">{failure}</p>
      {letters.length === 0 && <p class="empty">No job has given up.</p>}
      <ul class="letters">
        {letters.map((letter) => (
          <li key={letter.id} data-letter={letter.id}>
            <span>
              {letter.kind} <span class="faint">after {triesOf(letter)}</span>
            </span>
            <time dateTime={letter.died_at}>{formatTime(letter.died_at)}</time>
            <span class="why">{letter.reason}</span>
            {mayReplay && (
              <button
                type="button"
                aria-disabled={isBusy}
                onClick={() => void run(() => replay(letter))}
                aria-label={`Replay ${letter.kind}`}
              >
                Replay
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function triesOf({ attempts }: DeadLetter): string {
  return attempts === 1 ? '1 try' : `${attempts} tries`;
}
