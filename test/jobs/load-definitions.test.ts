import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/jobs/load-definitions.ts';
import { queues } from '../../src/jobs/queues.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';
import { bare } from '../support/processes/process.ts';

describe('the definitions', () => {
  it('are every job and event of their folders, by name', async () => {
    const { jobs, events, streams } = await loadDefinitions();
    expect([...jobs.keys()]).toEqual(expect.arrayContaining(['charge-order', 'fetch-quote', 'prune-tokens']));
    expect([...events.keys()]).toEqual(expect.arrayContaining(['order.created', 'order.paid', 'quote.updated']));
    expect([...streams.keys()]).toEqual(expect.arrayContaining(['orders', 'market']));
    for (const [kind, job] of jobs) expect([job.kind, queues.includes(job.queue)]).toEqual([kind, true]);
  });
});

describe('a definition that is not what its file says', () => {
  let checkout: Checkout;
  beforeAll(() => {
    checkout = makeCheckout();
  });
  afterAll(() => checkout[Symbol.dispose]());

  const write = (file: string, text: string) => writeFileSync(join(checkout.folder, 'src', file), text);
  const env = {
    ...bare(),
    PUBLIC_URL: 'https://shop.example',
    MYSQL_HOST: '127.0.0.1',
    REDIS_HOST: '127.0.0.1',
    PAYMENT_GATEWAY: 'instant',
    LOG_LEVEL: 'silent',
  };
  const run = (...args: string[]) => {
    const options = { cwd: checkout.folder, env, encoding: 'utf8' } as const;
    const { status, stderr } = spawnSync(process.execPath, args, options);
    return { status, stderr };
  };
  const load = () =>
    run('--input-type=module', '--eval', `await (await import('./src/jobs/load-definitions.ts')).loadDefinitions();`);

  it('stops both processes before they connect, with a sentence that says what to rename', () => {
    write('jobs/market/poll-smybol.job.ts', `export { pollSymbol } from './poll-symbol.job.ts';\n`);
    const sentence = `src/jobs/market/poll-smybol.job.ts defines 'poll-symbol'; rename one to match the other\n`;
    expect(run('src/workers/main.ts')).toEqual({ status: 1, stderr: sentence });
    expect(run('src/api/main.ts')).toEqual({ status: 1, stderr: sentence });
    write('jobs/market/poll-smybol.job.ts', 'export const pollSymbol = 1;\n');
    expect(load().stderr).toContain('src/jobs/market/poll-smybol.job.ts exports no job; export one made by defineJob');
  });

  it('is refused on a queue that is not listed', () => {
    write(
      'jobs/market/poll-smybol.job.ts',
      `import { pollSymbol } from './poll-symbol.job.ts';
      export const job = { ...pollSymbol, kind: 'poll-smybol', queue: { ...pollSymbol.queue } };\n`,
    );
    expect(load().stderr).toContain('src/jobs/market/poll-smybol.job.ts names a queue that is not listed in queues.ts');
  });

  it('is refused when an event stands in the file of another stream', () => {
    write(
      'jobs/market/poll-smybol.job.ts',
      `import { pollSymbol } from './poll-symbol.job.ts';
      export const job = { ...pollSymbol, kind: 'poll-smybol' };\n`,
    );
    expect(load()).toEqual({ status: 0, stderr: '' });
    write('streams/parcels.stream.ts', `export { orderPaid } from './orders.stream.ts';\n`);
    expect(load().stderr).toContain(
      `src/streams/parcels.stream.ts defines 'order.paid' on the stream 'orders'; move one`,
    );
  });

  it('is refused when its kind of market data has another name, or there is none in it', () => {
    for (const file of ['jobs/market/poll-smybol.job.ts', 'streams/parcels.stream.ts'])
      rmSync(join(checkout.folder, 'src', file), { force: true });
    write('market/data/qoute.market.ts', `export { quote } from './quote.market.ts';\n`);
    const sentence = `src/market/data/qoute.market.ts defines 'quote'; rename one to match the other`;
    expect(load().stderr).toContain(sentence);
    write('market/data/qoute.market.ts', `export { priceOf } from './quote.market.ts';\n`);
    expect(load().stderr).toContain('src/market/data/qoute.market.ts exports no market data; export one made by');
  });

  it('is refused where another file defines the same: a job, or a job of market data', () => {
    rmSync(join(checkout.folder, 'src/market/data/qoute.market.ts'));
    write(
      'jobs/fetch-quote.job.ts',
      `import { quote } from '../market/data/quote.market.ts';\nexport const { job } = quote;\n`,
    );
    expect(load().stderr).toContain(`quote.market.ts defines 'fetch-quote', as another file does; rename one`);
    rmSync(join(checkout.folder, 'src/jobs/fetch-quote.job.ts'));
    write('jobs/poll-symbol.job.ts', `export { pollSymbol } from './market/poll-symbol.job.ts';\n`);
    expect(load().stderr).toMatch(/poll-symbol\.job\.ts defines 'poll-symbol', as another file does; rename one/);
  });
});
