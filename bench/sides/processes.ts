import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 60_000;

/** A process that is measured; what it writes is in a file. */
export type Measured = Readonly<{ pid: number; stop(): Promise<void>; hasEnded(): boolean }>;

/** Starts a program with exactly this environment. */
export function startMeasured(
  command: string,
  args: readonly string[],
  { env, cwd, log }: Readonly<{ env: Readonly<Record<string, string>>; cwd: string; log: string }>,
): Measured {
  const out = openSync(log, 'a');
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', out, out] });
  closeSync(out);
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  return { pid: child.pid ?? 0, hasEnded: isOver, stop: () => end(child, isOver) };
}

async function end(child: ChildProcess, isOver: () => boolean): Promise<void> {
  if (isOver()) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 8_000);
  await ended;
  clearTimeout(timer);
}

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a port of the loopback was expected');
  return address.port;
}

/** Waits until an address answers 200. @throws when the process ends before, or takes longer than a minute. */
export async function answering(url: string, { hasEnded }: Measured, log: string): Promise<void> {
  const latest = performance.now() + patienceMs;
  while (performance.now() < latest && !hasEnded()) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    await sleep(50);
  }
  throw new Error(`${url} does not answer; see ${log}`);
}
