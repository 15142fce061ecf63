import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { openProducer } from '../../src/jobs/enqueue.ts';
import { impatientRedis } from '../../src/redis/connection.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';
import { busiest } from '../support/load/demand.ts';
import { upstreams } from '../support/processes/platform.ts';
import { bare, follow, freePort, until } from '../support/processes/process.ts';
import { startSandbox } from '../support/upstreams/sandbox-process.ts';
import { ownData } from '../support/stores/servers.ts';
import { unhurriedMs } from '../support/stores/unhurried-redis.ts';
import { createDatabase } from '../support/stores/create-database.ts';
import { blocksOf, commandsOf, fileOf } from '../support/blocks.ts';

const blocks = blocksOf('docs/add-a-job.md');
const symbols = 'AAPL MSFT GOOGL AMZN NVDA TSLA META NFLX AMD INTC ORCL IBM'.split(' ');
const plan = { FINNHUB_PER_MINUTE: '10', FINNHUB_PER_SECOND: '30', FINNHUB_WINDOW_MS: '5000' };
// By so much less than the job is told to keep, a call may come late where a process had to stand still.
const keptMs = 2_000;
let checkout: Checkout;

beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout[Symbol.dispose]());

it('the page’s commands and files, in its order, make a job whose test passes', () => {
  expect(blocks.map(({ language }) => language)).toEqual(['sh', 'ts', 'ts', 'sh']);
  for (const block of blocks) {
    const file = fileOf(block);
    if (file) writeFileSync(join(checkout.folder, file.path), file.text);
    else
      for (const command of commandsOf(block)) {
        const { status, output } = checkout.run(command);
        expect(status, output).toBe(0);
        if (command.startsWith('npm test')) expect(output).toMatch(/^3 passed, 0 failed$/m);
      }
  }
  const written = blocks.flatMap((block) => fileOf(block)?.path ?? []);
  expect(written).toEqual(['src/jobs/watch-move.job.ts', 'test/jobs/watch-move.job.test.ts']);
});

it('the job runs for the watchlist within the plan, and the API lists it, without being registered', async () => {
  const sandbox = await startSandbox({ env: { ...plan, FINNHUB_WINDOW_MS: String(keptMs) } });
  const given = {
    ...(await ownData()),
    ...upstreams(sandbox),
    ...plan,
    WATCHLIST: symbols.join(','),
    LOG_LEVEL: 'warn',
  };
  const orm = await createDatabase(readConfig(given));
  const port = await freePort();
  const env = { ...bare(), ...given, PORT: String(port) };
  const start = (...args: string[]) =>
    follow(spawn(process.execPath, args, { cwd: checkout.folder, env, stdio: 'pipe' }));
  // Only this queue: the polls of the same symbols would use the same plan.
  const [worker, api] = [start('src/workers/main.ts', 'finnhub'), start('src/api/main.ts')];
  const producer = openProducer(impatientRedis(readConfig(given), unhurriedMs));
  try {
    const done = await until(
      () => `all done; the worker said ${worker.output()}`,
      async () => {
        const jobs = (await producer.queues.get('finnhub')?.getJobs(['completed'])) ?? [];
        const moves = jobs.filter(({ name }) => name === 'watch-move');
        return moves.length >= symbols.length ? moves : undefined;
      },
    );
    expect(Math.max(...done.map(({ attemptsMade }) => attemptsMade))).toBe(1);
    const calls = await sandbox.arrivals('finnhub');
    expect(calls.filter(({ status }) => status === 429)).toEqual([]);
    expect(
      busiest(
        calls.map(({ at_ms }) => at_ms),
        keptMs,
      ),
    ).toBeLessThanOrEqual(10);

    const kinds = await until('the API', () =>
      fetch(`http://127.0.0.1:${port}/jobs/kinds`).then(
        (answer) => answer.json(),
        () => undefined,
      ),
    );
    const { data } = z.object({ data: z.array(z.looseObject({ kind: z.string() })) }).parse(kinds);
    expect(data).toContainEqual(expect.objectContaining({ kind: 'watch-move', queue: 'finnhub' }));
  } finally {
    await Promise.all([worker.signal('SIGKILL'), api.signal('SIGKILL')]);
    await producer.close();
    await sandbox.stop();
    await orm.schema.dropDatabase();
    await orm.close(true);
  }
});
