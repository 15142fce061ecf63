import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bare, follow, type TestProcess, until } from '../processes/process.ts';
import { loopback, type Place } from './place.ts';

/** One server among several: it is killed, frozen, cut off, and comes back at its address, with its data. */
export type Node = Readonly<{
  host: string;
  port: number;
  process(): TestProcess;
  /** Starts it, again after a kill; resolves when it listens. */
  start(): Promise<void>;
  /** Nothing reaches it any more, and nothing leaves it. @throws where that cannot be done */
  cutOff(): Promise<void>;
  /** Lets it go on when it was frozen or cut off, and starts it when it was killed. */
  wake(): Promise<void>;
}>;

/** Servers that stand in for each other, one of which does the work. */
export type Engines = Readonly<{
  env: Readonly<Record<string, string>>;
  /** The one that does it now. */
  writer(): Promise<Node>;
  /** The one that does it after `lost`, once the others are agreed on it. */
  successor(lost: Node): Promise<Node | undefined>;
  /** Has one that was killed, frozen or cut off among them again. */
  bringBack(node: Node): Promise<void>;
  stop(): Promise<void>;
}>;

/** How a server is started, and by which of its words one knows that it listens. */
export type NodePlan = Readonly<{
  place?: Place;
  port: number;
  folder: string;
  program: string;
  args: readonly string[] | (() => Promise<readonly string[]>);
  env?: Readonly<Record<string, string>>;
  saysReady: RegExp;
}>;

/** A folder for the data of several servers, which goes with them. */
export async function openFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `orderflow-${name}-`));
}

/** A server that is not started yet. */
export function planNode({ place = loopback, port, folder, program, args, env = {}, saysReady }: NodePlan): Node {
  let current: TestProcess | undefined;
  let hasEnded = false;
  const node: Node = {
    host: place.host,
    port,
    process() {
      if (!current) throw new Error(`the server on ${port} has not been started`);
      return current;
    },
    cutOff: place.cutOff,
    async wake() {
      await place.reconnect();
      await (hasEnded ? node.start() : node.process().signal('SIGCONT'));
    },
    async start() {
      await mkdir(folder, { recursive: true });
      const words = typeof args === 'function' ? await args() : args;
      const options = { cwd: folder, env: { ...bare(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] } as const;
      const [command = program, ...line] = [...place.enter, program, ...words];
      const started = follow(spawn(command, line, { ...options, stdio: [...options.stdio] }));
      current = started;
      hasEnded = false;
      void started.ended.then(() => (hasEnded = true));
      await until(
        () => `${program} on ${port} listens; it said: ${started.output().slice(-3_000)}`,
        () => saysReady.test(started.output()) || undefined,
      );
    },
  };
  return node;
}

/** Ends servers and takes their data away. */
export async function endNodes(folder: string, nodes: readonly Node[]): Promise<void> {
  for (const each of nodes) await each.process().signal('SIGCONT');
  await Promise.all(nodes.map((each) => each.process().signal('SIGKILL')));
  await rm(folder, { recursive: true, force: true });
}
