import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of the product, started for a test. */
export type TestProcess = Readonly<{
  pid: number;
  /** What it has written so far, both outputs. */
  output(): string;
  /** Sends a signal; resolves when the process has ended, at once for SIGSTOP and SIGCONT. */
  signal(name: NodeJS.Signals): Promise<void>;
  /** Its exit code, null after a signal, once it has ended and all that it wrote is known. */
  ended: Promise<number | null>;
}>;

/**
 * Starts `node script …` of this checkout, or of another, with exactly this environment; its NODE_OPTIONS are added to those of a
 * quick start.
 */
export function startProcess(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  folder: string | URL = new URL('../../..', import.meta.url),
): TestProcess {
  const quick = quickStart();
  const options = [quick['NODE_OPTIONS'], env['NODE_OPTIONS']].join(' ');
  const child = spawn(process.execPath, [...quickFlags, script, ...args], {
    cwd: folder,
    env: { ...quick, ...env, NODE_OPTIONS: options },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return follow(child);
}

const alive = new Set<ChildProcess>();
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

/** Follows any child; at the end of the test process it is killed, so that none is left behind. */
export function follow(child: ChildProcess): TestProcess {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const hasEnded = once(child, 'exit');
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  return {
    pid: child.pid ?? 0,
    output: () => text,
    ended: new Promise((resolve) => child.once('close', resolve)),
    async signal(name) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(name);
      if (name !== 'SIGSTOP' && name !== 'SIGCONT') await hasEnded;
    },
  };
}

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

// Below the ports that the system gives to whoever connects, and those that `npm start` takes; each process begins elsewhere.
// `fetch` refuses to ask 10080, and none above it.
const [lowestPort, highestPort] = [10_081, 14_900];
let lastPort = lowestPort + ((process.pid * 61) % (highestPort - lowestPort));

/** As many ports, each another one, and none twice as long as there are others. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    lastPort = lastPort < highestPort ? lastPort + 1 : lowestPort;
    // Others may ask meanwhile.
    const port = lastPort;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** How long a test waits for what has to come: a time-out, and no measure. It suits a machine many times slower than ours. */
export const patienceMs = 120_000;

/**
 * Asks until the answer is not undefined. `what` says what was missing. Only who measures names another deadline.
 * @throws when it has not come within `deadlineMs`
 */
export async function until<T>(
  what: string | (() => string),
  ask: () => Promise<T | undefined> | T | undefined,
  deadlineMs = patienceMs,
): Promise<T> {
  const beganAt = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    const waitedMs = performance.now() - beganAt;
    if (waitedMs > deadlineMs)
      throw new Error(`not within ${deadlineMs} ms: ${typeof what === 'string' ? what : what()}`);
    // Asking is work for everybody: it comes a tenth later than it could at the most.
    await sleep(Math.min(100, Math.max(10, waitedMs / 10)));
  }
}

/** Asks until it holds. @throws when it does not in all that time */
export async function untilTrue(holds: () => boolean | Promise<boolean>): Promise<void> {
  await until(
    () => holds.toString(),
    async () => (await holds()) || undefined,
  );
}

/** Room for all that a start throws away, so that none of it is collected. It must come before the script. */
export const quickFlags = ['--min-semi-space-size=16'];

/** What the product's own programs need to start as quickly as they can: packages in a bundle, and few threads, for many start at once. */
export function quickStart(): Record<string, string> {
  const { TEST_PACKAGES = '' } = process.env;
  const loadBundled = `--import=${new URL('load-bundled-packages.js', import.meta.url).href}`;
  return {
    ...bare(),
    TEST_PACKAGES,
    NODE_PRESERVE_SYMLINKS: '1',
    NODE_OPTIONS: `--v8-pool-size=1 ${TEST_PACKAGES && loadBundled}`,
  };
}

/** What any program needs of this process's environment to start, and to start quickly. */
export function bare(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  return NODE_COMPILE_CACHE ? { PATH, NODE_COMPILE_CACHE } : { PATH };
}
