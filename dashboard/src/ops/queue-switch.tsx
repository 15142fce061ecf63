import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import type { Queue } from './use-ops.ts';

type Shown = Readonly<{ queue: Pick<Queue, 'name' | 'status'>; onChange(): void }>;

/** Pauses a queue, or lets it run again; for administrators. Every way to do so turns the same switch. */
export function QueueSwitch({ queue: { name, status }, onChange }: Shown) {
  const { isBusy, failure, run } = useDeed();
  const isPaused = status === 'paused';
  const turn = () =>
    name === 'payments'
      ? ask('POST', `/payments/${isPaused ? 'start' : 'stop'}`)
      : ask('PUT', `/admin/queues/api/queues/${name}/${isPaused ? 'resume' : 'pause'}`);
  return (
    <div class="switch-off">
      <button
        type="button"
        class={isPaused ? 'main' : ''}
        aria-disabled={isBusy}
        onClick={() => void run(() => turn().finally(onChange))}
      >
        {isPaused ? 'Resume' : 'Pause'} {name}
      </button>
      <p role="alert">{failure}</p>
    </div>
  );
}
