import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layers } from './layers.ts';
import { faultsOf, medianLines, type Sources } from './support/source-faults.ts';

const sources: Sources = new Map(
  ['src', 'sandbox', 'bin', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name))
      .map((name): [string, string] => [join(folder, name), readFileSync(join(folder, name), 'utf8')]),
  ),
);

describe('the sources', () => {
  it('keep to the layers, to the keepers of connections, environment and clock, and to their size', () => {
    expect(faultsOf(sources)).toEqual([]);
  });

  it('are half of them shorter than 90 lines', () => {
    const ofProduct = new Map([...sources].filter(([path]) => path.startsWith('src/')));
    expect(ofProduct.size).toBeGreaterThan(50);
    expect(medianLines(ofProduct)).toBeLessThan(90);
  });

  it('have no layer that nothing is in', () => {
    const present = [...sources.keys()].map((path) => path.split('/')[1]?.replace(/\.ts$/, ''));
    expect(Object.keys(layers).filter((layer) => !present.includes(layer))).toEqual([]);
  });
});

describe('the referee sees', () => {
  const seen = (path: string, text: string) => faultsOf(new Map([[path, `${text}\n`]]));

  it.each([
    ['src/api/x.ts', `import { runQueue } from '../workers/run-queue.ts';`],
    ['src/workers/x.ts', `import { buildApp } from '../api/app.ts';`],
    ['src/jobs/x.ts', `import { openFinnhub } from '../gateways/finnhub.ts';`],
    ['src/jobs/x.ts', `import {\n  openFinnhub,\n  type Finnhub,\n} from '../gateways/finnhub.ts';`],
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
    ['src/outbox/x.ts', `const orm = await MikroORM.init(options);`],
    ['src/jobs/x.ts', `const answer = await fetch(url);`],
    ['src/jobs/x.ts', `const at = new Date();`],
    ['src/api/x.ts', `await tx.nativeUpdate(AuditEntry, { id }, { status });`],
    ['src/api/x.ts', `console.log('here');`],
    ['src/api/x.ts', `export const limit = 20;`],
    ['src/api/x.ts', '\n'.repeat(300)],
    ['src/api/orderView.ts', ``],
    ['src/api/utils.ts', ``],
    ['test/x.test.ts', `it.skip('works', () => {});`],
    ['test/x.test.ts', `vi.mock('node:fs');`],
  ])('a fault in %s: %s', (path, text) => {
    expect(seen(path, text)).toHaveLength(1);
  });

  it.each([
    ['src/jobs/x.ts', `import type { Finnhub } from '../gateways/finnhub.ts';`],
    ['src/jobs/x.ts', `import { Order } from '../entities/order.entity.ts';\nimport { GiveUp } from '../errors.ts';`],
    ['src/api/x.ts', `// As new Date() would say, and process.env too.\nconst at = new Date(ms);`],
    ['src/jobs/x.ts', `return { async fetch() {} };`],
    ['src/config.ts', `const port = process.env.PORT;`],
    ['src/api/x.ts', `/** How many. */\nexport const limit = 20;`],
    ['src/api/x.ts', `/** Some. */\nexport const some = ['a'] as const;\nexport type Some = (typeof some)[number];`],
    ['src/api/x.ts', '\n'.repeat(299)],
  ])('no fault in %s: %s', (path, text) => {
    expect(seen(path, text)).toEqual([]);
  });
});
