import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import type { Queue } from './use-ops.ts';

/** Pauses the queue of payments, or lets it run again; for administrators. */
export function PaymentsSwitch({ status, onChange }: Readonly<{ status: Queue['status']; onChange(): void }>) {
  const { isBusy, failure, run } = useDeed();
  const isPaused = status === 'paused';
  const turn = () => void run(() => ask('POST', `/payments/${isPaused ? 'start' : 'stop'}`).finally(onChange));
  return (
    <div class="switch-off">
      <button type="button" class={isPaused ? 'main' : ''} aria-disabled={isBusy} onClick={turn}>
        {isPaused ? 'Resume payments' : 'Pause payments'}
      </button>
      <p role="alert">{failure}</p>
    </div>
  );
}
