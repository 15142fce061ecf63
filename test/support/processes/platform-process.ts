import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { bare, untilTrue } from './process.ts';
import type { Checkout } from './checkout.ts';

/** What `run.json` promises. */
export const RunFile = z.object({
  api: z.url(),
  mysql: z.object({ host: z.string(), port: z.int(), user: z.string(), password: z.string(), database: z.string() }),
  redis: z.strictObject({ host: z.string(), port: z.int(), db: z.int() }),
  sandbox: z.strictObject({
    finnhub: z.url(),
    stripe: z.url(),
    products: z.url(),
    rates: z.url(),
    mail: z.url(),
    control: z.url(),
  }),
  processes: z.array(
    z.strictObject({
      role: z.enum(['api', 'worker', 'mysql', 'redis', 'sandbox']),
      pid: z.int(),
      health: z.url().optional(),
    }),
  ),
});

/** A running `npm start`. */
export class Platform {
  readonly child: ChildProcess;
  readonly exited: Promise<number | string>;
  readonly #checkout: Checkout;
  #output = '';

  constructor(checkout: Checkout, port: number, env: Readonly<Record<string, string>> = {}) {
    this.#checkout = checkout;
    this.child = spawn('npm', ['start'], {
      cwd: checkout.folder,
      env: { ...plainEnvironment(), PORT: String(port), ...env },
      // A group of its own, which a terminal's Ctrl-C would reach as a whole.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithMe(this.child.pid ?? 0);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#output += bytes.toString();
      });
    this.exited = new Promise((resolve) => this.child.once('close', (code, signal) => resolve(code ?? signal ?? '')));
  }

  get output(): string {
    return this.#output;
  }

  /** Waits for the table that says that all is up. */
  async ready(): Promise<z.infer<typeof RunFile>> {
    await untilTrue(() => {
      if (this.child.exitCode !== null) throw new Error(`npm start ended:\n${this.#output}`);
      return this.#output.includes('Orderflow is ready.');
    });
    return this.run();
  }

  run(): z.infer<typeof RunFile> {
    return RunFile.parse(JSON.parse(readFileSync(join(this.#checkout.dataDirectory, 'run.json'), 'utf8')));
  }

  pidOf(role: string): number {
    return this.run().processes.find((each) => each.role === role)?.pid ?? 0;
  }

  /** The pid of what npm started: the supervisor of all the rest. */
  supervisorPid(): number {
    const lock = JSON.parse(readFileSync(join(this.#checkout.dataDirectory, 'lock'), 'utf8'));
    return z.object({ pid: z.int() }).parse(lock).pid;
  }

  /** Sends a signal to the whole group, as a terminal does. */
  signalGroup(name: NodeJS.Signals): void {
    if (this.child.pid !== undefined && this.child.exitCode === null) process.kill(-this.child.pid, name);
  }
}

/** Every living process that was started from that checkout, or works in it. */
export function processesOf({ folder }: Checkout): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    const [, , state] = statOf(pid);
    if (state === undefined || state === 'Z') return false;
    return read(`/proc/${pid}/cmdline`).includes(folder) || linkOf(`/proc/${pid}/cwd`).startsWith(folder);
  });
}

/** What a process was started with, as everybody on the machine can read it. */
export function argumentsOf(pid: string): string {
  return read(`/proc/${pid}/cmdline`);
}

/** The group that a signal from the terminal would have to be meant for, to reach this process. */
export function groupOf(pid: number): number {
  return Number(statOf(pid)[4]);
}

/** The fields of `/proc/PID/stat`: pid, name, state, parent, group, session … */
function statOf(pid: number | string): string[] {
  const [, number, name, rest] = /^(\d+) \((.*)\) (.*)$/s.exec(read(`/proc/${pid}/stat`)) ?? [];
  return number === undefined ? [] : [number, name ?? '', ...(rest ?? '').split(' ')];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Has the process ended should this one die, by the guard that does the same for the product's parts. */
function endWithMe(pid: number): void {
  const guard = spawn(process.execPath, ['bin/start/guard.js'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.stdin?.write(`${JSON.stringify([{ pid, began: statOf(pid)[21] }])}\n`);
  guard.unref();
}

/** A port nobody listens on just now, and a way to occupy one. */
export async function listen(port = 0): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { port: z.object({ port: z.int() }).parse(server.address()).port, server };
}

/** What a user's shell has: nothing of the product's, nothing of the test runner's. */
export function plainEnvironment(): Record<string, string> {
  const { HOME = '' } = process.env;
  return { ...bare(), HOME, NO_COLOR: '1' };
}
