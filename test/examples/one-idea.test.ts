import { execSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, commandsOf } from '../support/blocks.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { startProcess, type TestProcess, until } from '../support/processes/process.ts';

const page = readFileSync('examples/README.md', 'utf8');
let checkout: Checkout;
let platform: Platform;
beforeAll(async () => {
  checkout = makeCheckout();
  const [lay = ''] = blocksOf('examples/README.md').flatMap(commandsOf);
  execSync(lay, { cwd: checkout.folder });
  platform = await startPlatform({ folder: checkout.folder, env: { STRIPE_WEBHOOK_SECRET: 'whsec_sandbox' } });
  // As a running `npm start` writes it.
  const { host, port, db } = platform.redis.options;
  const run = { api: platform.url, redis: { host, port, db } };
  writeFileSync(join(checkout.dataDirectory, 'run.json'), JSON.stringify(run));
});
afterAll(async () => {
  await platform.stop();
  checkout[Symbol.dispose]();
});

/** Starts an example by the command that its page names, beside the platform. */
function start(script: string): TestProcess {
  expect(page).toContain(`\`node examples/${script}\``);
  return startProcess(`examples/${script}`, [], {}, checkout.folder);
}

/** The lines that an example prints; it has ended well. */
async function linesOf(example: TestProcess): Promise<readonly string[]> {
  expect(await example.ended, example.output()).toBe(0);
  return example.output().trim().split('\n');
}

const run = (script: string) => linesOf(start(script));

test('enqueue and wait', async () => {
  expect(await run('enqueue-and-wait.ts')).toEqual([
    expect.stringMatching(/^sync-products is (waiting|active|completed): GET \/jobs\/[0-9a-f-]{36}$/),
    expect.stringMatching(/^sync-products is completed: \{.*"created":\d+/),
  ]);
});

test('coalescing: twenty asks are one job', async () => {
  expect(await run('coalescing.ts')).toEqual([
    '20 have asked; jobs: 1',
    expect.stringMatching(/^tally-orders is completed: \{"day":"\d{4}-\d\d-\d\d","orders":\d+\}$/),
  ]);
});

test('giving up: a dead letter, mended and replayed once', async () => {
  expect(await run('giving-up.ts')).toEqual([
    'print-label is failed: the title has 53 characters, a label 30',
    'its dead letter: GiveUp: the title has 53 characters, a label 30',
    'replayed, print-label is completed: {"label":"ENAMEL MUG"}',
    'replayed once more: jobs: 0',
  ]);
});

test('a webhook replayed: the second delivery is known', async () => {
  const lines = await run('webhook-replayed.ts');
  expect(lines.slice(-3)).toEqual([
    'the order is paid',
    'the first delivery is answered with 200; in the timeline: 1',
    'the second delivery is answered with 200; in the timeline: 1',
  ]);
});

test('webhooks received: verified, and each event once', async () => {
  expect(await run('receive-webhooks.ts')).toEqual(['the test has come', 'order.created', 'order.paid']);
});

test('renaming a kind: jobs of the old name, asked for before a deploy, end after it', async () => {
  await Promise.all(platform.workers.map((worker) => worker.signal('SIGTERM')));
  const example = start('rename-kind.ts');
  await until(
    () => `the jobs in flight: ${example.output()}`,
    () => example.output().includes('asked for under both names') || undefined,
  );
  await platform.startWorker();
  expect(await linesOf(example)).toEqual([
    'asked for under both names',
    'weigh-parcel is completed: {"litres":6}',
    'measure-parcel is completed: {"litres":6}',
    'weigh-parcel jobs left: 0; its file may be deleted',
  ]);
});

test('a schedule: runs by itself, each planned for a time of its own', async () => {
  const lines = await run('schedule.ts');
  const planned = lines.map((line) =>
    Number(/^repeat:list-low-stock:(\d+) ended at .*: \{"product_ids":\[\]\}$/.exec(line)?.[1]),
  );
  const [last = 0, before = 0] = planned;
  expect(last - before).toBeGreaterThan(0);
  expect((last - before) % 5_000).toBe(0);
});

test('the page names every example and every job file', () => {
  const files = readdirSync('examples', { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(ts|sh)$/.test(name),
  );
  expect(files.filter((name) => !page.includes(`(${name})`))).toEqual([]);
});
