import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  circles,
  contextFaults,
  crowdedFolders,
  faultsOf,
  medianLines,
  roomsWithoutTests,
  type Sources,
  unusedRows,
} from './support/source-faults.ts';

const filesOf = (folder: string, kind: RegExp) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => kind.test(name) && !/(^|\/)(node_modules|dist|generated)\//.test(name))
    .map((name) => join(folder, name));
const sources: Sources = new Map(
  ['src', 'sandbox', 'bin', 'bench', 'test', 'dashboard', 'examples', 'docs', 'clients']
    .flatMap((folder) => filesOf(folder, /\.(js|lua|tsx?)$/))
    .map((path): [string, string] => [path, readFileSync(path, 'utf8')]),
);
const ofProduct = new Map([...sources].filter(([path]) => /^src\/.*\.ts$/.test(path)));

describe('the sources', () => {
  it('keep to the layers, to the keepers of connections, environment and clock, and to their size', () => {
    expect(faultsOf(sources)).toEqual([]);
  });

  it('have no circle of rooms, types counted', () => {
    expect(circles(ofProduct)).toEqual([]);
  });

  it('name no gateway in what pages of operations tell clients', () => {
    const pages = filesOf('src', /(^|\/)operations\.md$/);
    expect(pages.length).toBeGreaterThan(0);
    expect(pages.filter((path) => /stripe/i.test(readFileSync(path, 'utf8')))).toEqual([]);
  });

  it('use every row of the table of layers', () => {
    expect(unusedRows(ofProduct)).toEqual([]);
  });

  it('tell a story a file: half of them have more than 60 lines, and half fewer than 110', () => {
    expect(ofProduct.size).toBeGreaterThan(50);
    expect(medianLines(ofProduct)).toBeGreaterThanOrEqual(60);
    expect(medianLines(ofProduct)).toBeLessThanOrEqual(110);
  });

  it('have no crowded folder', () => {
    const all = ['src', 'sandbox', 'bin', 'bench', 'test', 'dashboard/src', 'clients'].flatMap((folder) =>
      filesOf(folder, /\.\w+$/),
    );
    expect(crowdedFolders(all)).toEqual([]);
  });

  it('have tests in rooms of the same names', () => {
    expect(roomsWithoutTests(sources)).toEqual([]);
  });

  it('hand out a context of twelve things at most', () => {
    expect(contextFaults(readFileSync('src/context.ts', 'utf8'))).toEqual([]);
  });
});

describe('the check sees', () => {
  const seen = (path: string, text: string) => faultsOf(new Map([[path, `${text}\n`]]));

  it.each([
    ['src/api/x.ts', `import { runQueue } from '../workers/run-queue.ts';`],
    ['src/workers/x.ts', `import { buildApp } from '../api/app.ts';`],
    ['src/jobs/x.ts', `import { openFinnhub } from '../gateways/finnhub.ts';`],
    ['src/jobs/x.ts', `import {\n  openFinnhub,\n  type Finnhub,\n} from '../gateways/finnhub.ts';`],
    ['src/jobs/x.ts', `import type { Finnhub } from '../gateways/finnhub.ts';`],
    ['src/entities/x.ts', `export { orders } from '../streams/orders.stream.ts';`],
    ['src/streams/x.ts', `const late = await import('../jobs/enqueue.ts');`],
    ['src/gateways/x.ts', `import { start } from '../../sandbox/main.ts';`],
    ['sandbox/x.ts', `import { readConfig } from '../src/config.ts';`],
    ['src/gateways/x.ts', `import '../context.ts';`],
    ['src/news/x.ts', ``],
    ['src/jobs/market/fetch-news.job.ts', ``],
    ['src/api/x.ts', `const port = process.env.PORT;`],
    ['bin/x.js', `const port = process.env.PORT;`],
    ['src/api/x.ts', `import { Queue } from 'bullmq';`],
    ['src/gateways/x.ts', `const redis = new Redis(options);`],
    ['src/api/x.ts', `const signature = c.req.header('stripe-signature');`],
    ['src/outbox/x.ts', `const orm = await MikroORM.init(options);`],
    ['src/jobs/x.ts', `const answer = await fetch(url);`],
    ['src/jobs/x.ts', `const at = new Date();`],
    ['src/api/x.ts', `await tx.nativeUpdate(AuditEntry, { id }, { status });`],
    ['src/api/x.ts', `console.log('here');`],
    ['src/api/x.ts', `export const limit = 20;`],
    ['clients/typescript/src/x.ts', `import { createHmac } from 'node:crypto';`],
    ['clients/typescript/src/x.ts', `const key = process.env.ORDERFLOW_KEY;`],
    ['clients/typescript/src/x.ts', `import { Order } from '../../../src/orders/order.ts';`],
    ['src/market/x.ts', `const script = "return redis.call('GET', KEYS[1])";`],
    ['src/market/x.lua', `local key = KEYS[1]\nreturn redis.call('SET', key, ARGV[1])`],
    ['src/api/x.ts', `let last = 0;`],
    ['src/api/x.ts', `const seen = new Map<string, number>();`],
    ['src/api/x.ts', `// ${'x'.repeat(140)}`],
    ['src/api/x.ts', '\n'.repeat(300)],
    ['src/api/orderView.ts', ``],
    ['src/api/utils.ts', ``],
    ['test/x.test.ts', `it.skip('works', () => {});`],
    ['test/x.test.ts', `vi.mock('node:fs');`],
  ])('a fault in %s: %s', (path, text) => {
    expect(seen(path, text)).toHaveLength(1);
  });

  it.each([
    ['src/jobs/x.ts', `import { Order } from '../entities/orders.entity.ts';\nimport { GiveUp } from '../errors.ts';`],
    ['src/api/x.ts', `// As new Date() would say, and process.env too.\nconst at = new Date(ms);`],
    ['src/jobs/x.ts', `return { async fetch() {} };`],
    ['src/config.ts', `const port = process.env.PORT;`],
    ['src/gateways/stripe/x.ts', `const signature = headers.get('stripe-signature');`],
    ['src/api/x.ts', `/** How many. */\nexport const limit = 20;`],
    ['src/api/x.ts', `/** Some. */\nexport const some = ['a'] as const;\nexport type Some = (typeof some)[number];`],
    ['src/market/x.lua', `-- Reads KEYS.\nlocal key = KEYS[1]\n\nreturn redis.call('GET', key)`],
    ['src/api/x.ts', '\n'.repeat(299)],
  ])('no fault in %s: %s', (path, text) => {
    expect(seen(path, text)).toEqual([]);
  });
});

describe('of all sources together the check sees', () => {
  const src = (files: Readonly<Record<string, string>>): Sources => new Map(Object.entries(files));

  it('a circle, also of types alone, and on a way round', () => {
    const found = circles(
      src({
        'src/orders/a.ts': `import type { B } from '../market/b.ts';`,
        'src/market/b.ts': `import { c } from '../outbox/c.ts';`,
        'src/outbox/c.ts': `import { a } from '../orders/a.ts';`,
        'src/streams/d.ts': `import { a } from '../orders/a.ts';`,
      }),
    );
    expect(found.toSorted()).toEqual(['market', 'orders', 'outbox']);
  });

  it('a row that allows what nobody does, and one that nobody is in', () => {
    const faults = unusedRows(src({ 'src/redis/a.ts': '', 'src/streams/b.ts': '' }));
    expect(faults).toContain(`nothing is in 'orders'; delete its row`);
  });

  it('a crowded folder, and a room without tests', () => {
    expect(crowdedFolders(Array.from({ length: 26 }, (_, index) => `src/orders/${index}.ts`))).toHaveLength(1);
    expect(crowdedFolders(Array.from({ length: 25 }, (_, index) => `src/orders/${index}.ts`))).toEqual([]);
    expect(roomsWithoutTests(src({ 'src/orders/a.ts': '' }))).toEqual(['test/orders']);
    expect(roomsWithoutTests(src({ 'bin/start/a.js': '', 'test/bin/a.test.ts': '' }))).toEqual(['test/bin/start']);
    expect(roomsWithoutTests(src({ 'src/orders/a.ts': '', 'test/orders/a.test.ts': '' }))).toEqual([]);
  });

  it('a context that hands out too much', () => {
    const members = (count: number) => Array.from({ length: count }, (_, index) => `  m${index}: number;\n`).join('');
    const context = (count: number) =>
      `export type JobContext = Readonly<{\n  em: Em;\n  now: () => Date;\n}>;\n\n` +
      `export type Context = Omit<JobContext, 'em'> &\n  Readonly<{\n${members(count)}  }>;\n`;
    expect(contextFaults(context(11))).toEqual([]);
    expect(contextFaults(context(12))).toHaveLength(1);
  });
});
