import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openProducer } from '../../src/jobs/enqueue.ts';
import { impatientRedis } from '../../src/redis/connection.ts';
import { bare, follow, patienceMs, until } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';
import { createDatabase } from '../support/stores/create-database.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';

const job = 'src/jobs/count-parcels.job.ts';
const test = 'test/jobs/count-parcels.job.test.ts';
let checkout: Checkout;

beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout[Symbol.dispose]());

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: checkout.folder,
    encoding: 'utf8',
    timeout: 4 * patienceMs,
  });
  return { status, output: stdout + stderr };
}
const newJob = (...args: string[]) => run(process.execPath, 'bin/new-job.js', ...args);
const tool = (name: string, ...args: string[]) => run(join('node_modules', '.bin', name), ...args);

describe('npm run new:job', () => {
  it.each([
    [[], /Say the kind's name/],
    [['CountParcels'], /is no name for a job/],
    [['parcels'], /is no name for a job/],
    [['../count-parcels'], /is no name for a job/],
    [['count-parcels-of-every-single-customer'], /longer than 36/],
    [['define-job'], /name of something else/],
    [['count-parcels', 'nowhere'], /no queue 'nowhere'; there are payments, finnhub, catalog, upkeep, webhooks, mails/],
    [['fetch-quote'], /A kind of market data has a job 'fetch-quote'/],
    [['search-symbols'], /A kind of market data has a job 'search-symbols'/],
    [['charge-order'], /charge-order\.job\.ts is there already/],
  ])('refuses %j with a sentence, and makes nothing', (args, sentence) => {
    const { status, output } = newJob(...args);
    expect([status, output]).toEqual([1, expect.stringMatching(sentence)]);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(checkout.folder, job))).toBe(false);
  });

  // That types, lint, format and layers find nothing wrong with them is a test of docs/commands.test.ts.
  it('makes a job and its test, which passes', () => {
    expect(newJob('count-parcels')).toEqual({ status: 0, output: expect.stringContaining(`${job}\n and ${test}`) });
    expect(newJob('count-parcels').output).toMatch(/is there already/);
    expect(tool('vitest', 'run', test)).toMatchObject({ status: 0, output: expect.stringMatching(/3 passed/) });
  });

  it('has made all that a worker needs to run one', async () => {
    const given = await ownData();
    const config = readConfig(given);
    const orm = await createDatabase(config);
    const producer = openProducer(impatientRedis(config));
    const env = { ...bare(), ...given, LOG_LEVEL: 'info' };
    const worker = follow(
      spawn(process.execPath, ['src/workers/main.ts', 'upkeep'], { cwd: checkout.folder, env, stdio: 'pipe' }),
    );
    try {
      const queue = producer.queues.get('upkeep');
      await queue?.waitUntilReady();
      const { id = '' } = (await queue?.add('count-parcels', { subject: 'van' })) ?? {};
      const done = await until(`a run of count-parcels; the worker said ${worker.output()}`, async () => {
        const found = await queue?.getJob(id);
        return found?.finishedOn ? found : undefined;
      });
      expect(done.failedReason).toBeUndefined();
      expect(done.returnvalue).toMatchObject({ subject: 'van' });
    } finally {
      await worker.signal('SIGKILL');
      await producer.close();
      await orm.schema.dropDatabase();
      await orm.close(true);
    }
  });
});
