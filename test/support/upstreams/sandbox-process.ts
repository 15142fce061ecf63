import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { quickFlags, quickStart } from '../processes/process.ts';
import { type SandboxControl, sandboxControl } from './sandbox-control.ts';

const Urls = z.object({
  finnhub: z.string(),
  stripe: z.string(),
  products: z.string(),
  rates: z.string(),
  mail: z.string(),
  control: z.string(),
});

/** Where the sandbox answers; the keys are its upstreams. */
export type SandboxUrls = z.infer<typeof Urls>;

/** How a test wants its sandbox; everything has a default. */
export interface SandboxOptions {
  /** The folder of an earlier sandbox, to go on with its ledger; default a new one that `stop` removes. */
  readonly dataDir?: string;
  /** `FINNHUB_PER_MINUTE`, `FINNHUB_PER_SECOND`, `FINNHUB_WINDOW_MS`; nothing else of the test's environment is seen. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further command line, e.g. `['--webhook', url]`. */
  readonly args?: readonly string[];
  /** Fixed ports, to come back where an earlier sandbox stood; default free ones. */
  readonly ports?: Readonly<Partial<Record<keyof SandboxUrls, number>>>;
}

/** A running sandbox, its control actions included. */
export interface Sandbox extends SandboxControl {
  readonly urls: SandboxUrls;
  readonly pid: number;
  readonly dataDir: string;
  /** Ends it in good order and removes a folder of its own. Harmless when it is dead already. */
  stop(): Promise<void>;
  /** `kill -9`; the folder stays, for a successor. */
  kill(): Promise<void>;
  /** Starts it again after that, where it stood, with its ledger; it knows nothing more of faults and arrivals. */
  restart(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../../sandbox/main.ts', import.meta.url));

/** Starts the real sandbox as a process of its own; resolves when every upstream listens. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'orderflow-sandbox-')));
  let current = await launch(dataDir, options, options.ports);
  const { urls } = current;
  return {
    ...sandboxControl(urls.control),
    urls,
    get pid() {
      return current.pid;
    },
    dataDir,
    kill: () => current.end('SIGKILL'),
    async restart() {
      current = await launch(dataDir, options, portsOf(urls));
    },
    stop: async () => {
      await current.end('SIGTERM');
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function launch(dataDir: string, { env, args = [] }: SandboxOptions, at: SandboxOptions['ports']) {
  const ports = Urls.keyof().options.flatMap((name) => [`--${name}`, String(at?.[name] ?? 0)]);
  const child = spawn(
    process.execPath,
    [...quickFlags, MAIN, '--data', dataDir, ...ports, '--end-with-parent', ...args],
    {
      env: { ...quickStart(), ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    exited.then(([code]) => Promise.reject(new Error(`The sandbox ended with ${String(code)} before it listened.`))),
  ]);
  return {
    urls: Urls.parse(JSON.parse(line)),
    pid: child.pid ?? 0,
    end: async (signal: 'SIGTERM' | 'SIGKILL') => {
      child.kill(signal);
      await exited;
    },
  };
}

function portsOf(urls: SandboxUrls): Record<keyof SandboxUrls, number> {
  const port = (url: string) => Number(new URL(url).port);
  const { finnhub, stripe, products, rates, mail, control } = urls;
  return {
    finnhub: port(finnhub),
    stripe: port(stripe),
    products: port(products),
    rates: port(rates),
    mail: port(mail),
    control: port(control),
  };
}
