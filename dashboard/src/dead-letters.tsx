import { useState } from 'preact/hooks';
import { ask } from './ask-api.ts';
import { formatTime } from './quote.ts';
import type { DeadLetter } from './use-ops.ts';

type Shown = Readonly<{ letters: readonly DeadLetter[]; mayReplay: boolean; onChange(): Promise<void> }>;

/** Jobs that gave up and were not replayed, each with its reason; administrators give them another chance. */
export function DeadLetters({ letters, mayReplay, onChange }: Shown) {
  const [said, setSaid] = useState('');
  const replay = async ({ id, kind }: DeadLetter) => {
    await ask('POST', '/dead-letters/replay', { ids: [id], limit: 1 }).then(
      () => setSaid(`${kind} is queued again.`),
      (error: Error) => setSaid(error.message),
    );
    await onChange();
  };
  return (
    <section aria-labelledby="dead">
      <h2 id="dead">Given up</h2>
      <p role="status" class="faint">
        {said}
      </p>
      {letters.length === 0 && <p class="empty">No job has given up.</p>}
      <ul class="letters">
        {letters.map((letter) => (
          <li key={letter.id} data-letter={letter.id}>
            <span>
              {letter.kind} <span class="faint">after {letter.attempts} tries</span>
            </span>
            <time dateTime={letter.died_at}>{formatTime(letter.died_at)}</time>
            <span class="why">{letter.reason}</span>
            {mayReplay && (
              <button type="button" onClick={() => void replay(letter)} aria-label={`Replay ${letter.kind}`}>
                Replay
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
