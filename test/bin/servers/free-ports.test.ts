import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { bare } from '../../support/processes/process.ts';

type Supervisor = Readonly<{ start(plan: object): Promise<unknown>; stop(): Promise<void> }>;
type WithFreePorts = (count: number, start: (ports: readonly number[]) => Promise<number>) => Promise<number>;
const load = async (name: string): Promise<unknown> => import(new URL(`../../../bin/${name}`, import.meta.url).href);
const isFunction = (value: unknown) => typeof value === 'function';
const { withFreePorts } = z
  .object({ withFreePorts: z.custom<WithFreePorts>(isFunction) })
  .parse(await load('servers/free-ports.js'));
const { Supervisor } = z
  .object({ Supervisor: z.custom<new (options: object) => Supervisor>(isFunction) })
  .parse(await load('start/supervisor.js'));

const logFolder = mkdtempSync(join(tmpdir(), 'orderflow-ports-'));
const supervisor = new Supervisor({ logFolder, say: () => {} });
const stranger = createServer((socket) => socket.destroy());
afterAll(async () => {
  await supervisor.stop();
  stranger.close();
  rmSync(logFolder, { recursive: true });
});

/** Starts, as the sandbox, a process that listens on the port and answers with its id; or one that ends at once. */
async function startPart(port: number, code = 'createServer((_, answer) => answer.end(String(process.pid)))') {
  await supervisor.start({
    role: 'sandbox',
    command: process.execPath,
    args: ['-e', `require('node:http').${code}.listen(${port}, '127.0.0.1')`],
    env: bare(),
    isReady: async (pid: number) => (await answerOf(port)) === String(pid),
  });
}
async function answerOf(port: number): Promise<string> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}`)).text();
  } catch {
    return 'nobody';
  }
}

it('a part whose port another program takes before it listens is started on another one', async () => {
  const tried: number[] = [];
  const port = await withFreePorts(1, async ([free = 0]) => {
    tried.push(free);
    if (!stranger.listening) await once(stranger.listen(free, '127.0.0.1'), 'listening');
    await startPart(free);
    return free;
  });
  expect(tried).toHaveLength(2);
  expect(tried[0]).not.toBe(port);
  expect(await answerOf(port)).toMatch(/^\d+$/);
});

it('a part that fails on ports that are still free is not started again', async () => {
  let tries = 0;
  const failing = withFreePorts(1, async ([port = 0]) => {
    tries += 1;
    await startPart(port, 'thereIsNoSuchFunction()');
    return port;
  });
  await expect(failing).rejects.toThrow('sandbox ended while starting');
  expect(tries).toBe(1);
});
