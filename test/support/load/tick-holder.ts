import type { Platform } from '../processes/platform.ts';
import { type TestProcess, until } from '../processes/process.ts';

/** The connection that lasts, if there is one. */
export async function openConnection({ sandbox }: Platform) {
  return (await sandbox.sockets()).findLast(({ closed_at_ms: at }) => at === null);
}

// Longer than the sandbox takes to give up who does not answer.
const givenUpMs = 10_000;

/** Kills or freezes workers, one by one, until it is the one that is connected, and returns that. Others go on, or are replaced. */
export async function strikeHolder(platform: Platform, signal: 'SIGKILL' | 'SIGSTOP'): Promise<TestProcess> {
  const { workers } = platform;
  for (const worker of workers.slice()) {
    const held = await until('a connection', () => openConnection(platform));
    await worker.signal(signal);
    const struckAtMs = performance.now();
    const isOver = await until('it is over, or goes on', async () => {
      const now = (await platform.sandbox.sockets()).find(({ id }) => id === held.id);
      if (now?.closed_at_ms !== null) return 'over';
      return performance.now() - struckAtMs > givenUpMs ? 'goes on' : undefined;
    });
    if (isOver === 'over') return worker;
    if (signal === 'SIGSTOP') await worker.signal('SIGCONT');
    else {
      workers.splice(workers.indexOf(worker), 1);
      await platform.startWorker();
    }
  }
  throw new Error('no worker was connected');
}
