import { useState } from 'preact/hooks';
import { ask, askOnce, lossOf } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';

type Replay = Readonly<{ matching: number; data: readonly Readonly<{ id: string }>[] }>;

// As many as the API replays at a time.
const limit = 100;

/** Replays all of a kind, or all there are, once it has been said how many that is. */
export function ReplayMany({ kind, onDone }: Readonly<{ kind: string; onDone(): void }>) {
  const [found, setFound] = useState<Replay>();
  const [said, setSaid] = useState('');
  const { isBusy, failure, run } = useDeed();
  const body = { limit, ...(kind && { kind }) };
  const path = '/dead-letters/replay';
  const count = () => run(async () => setFound(await ask<Replay>('POST', path, { ...body, dry_run: true })));
  const replay = () =>
    run(async () => {
      // Whoever counts after a replay is shown others, and means those: a letter is replayed once ever.
      const once = await askOnce<Replay>(path, body, found?.data[0]?.id).finally(onDone);
      const { answer } = once;
      setFound(undefined);
      const left = answer.matching - answer.data.length;
      setSaid(`${answer.data.length} are queued again${left > 0 ? `, ${left} are left` : ''}. ${lossOf(once)}`.trim());
    });
  return (
    <div class="deeds">
      {found === undefined ? (
        <button type="button" aria-disabled={isBusy} onClick={() => void count()}>
          Replay all{kind && ` of ${kind}`}
        </button>
      ) : (
        <>
          <span>
            Queue {Math.min(limit, found.matching)} of {found.matching} again?
          </span>
          <button type="button" class="main" aria-disabled={isBusy} onClick={() => void replay()}>
            Yes, replay
          </button>
          <button type="button" onClick={() => setFound(undefined)}>
            No
          </button>
        </>
      )}
      <p role="status" class="faint">
        {said}
      </p>
      <p role="alert">{failure}</p>
    </div>
  );
}
