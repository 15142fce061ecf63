import { existsSync, readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisKeys } from '../../docs/generate/redis-keys.ts';
import { schemaFile, schemaPage } from '../../docs/generate/schema-page.ts';
import { allEntities } from '../../src/entities/orm-options.ts';
import { loadDefinitions } from '../../src/jobs/load-definitions.ts';
import { ownData } from '../support/stores/servers.ts';
import { auditKeys } from '../support/stores/redis-keys.ts';

const page = readFileSync(schemaFile, 'utf8');

describe('docs/schema.md', () => {
  it('is what `npm run docs` makes of the code', async () => {
    expect(page).toBe(await schemaPage());
  });

  it('draws and explains every table, and what refers to what', () => {
    for (const { meta } of allEntities) {
      expect(page).toContain(`\n  ${meta.tableName} {\n`);
      expect(page).toMatch(new RegExp(`\n### ${meta.tableName}\n\n\`${meta.className}\`\\. [A-Z]`));
    }
    expect(page).toContain('  orders ||--o{ payments : order_id\n');
    expect(page).toMatch(/\| `live_order_id` \| varchar\(36\) \| yes \| The order's id while/);
    expect(page).toContain('| `live_order_id` | yes | An order has one payment at a time');
  });

  it('lists every stream and event', async () => {
    const { streams, events } = await loadDefinitions();
    for (const name of streams.keys()) expect(page).toContain(`\n### ${name}\n`);
    for (const type of events.keys()) expect(page).toContain(`| \`${type}\` |`);
    expect(page).toMatch(/`order\.paid` .* `order_id`, .*`payment_id` \|/);
  });
});

describe('the list of Redis keys', () => {
  let redis: Redis;
  beforeAll(async () => {
    const { REDIS_HOST = '', REDIS_PORT, REDIS_DB } = await ownData();
    redis = new Redis({ host: REDIS_HOST, port: Number(REDIS_PORT), db: Number(REDIS_DB) });
  });
  afterAll(() => redis.disconnect());

  it('names owners that hold the key in their source', () => {
    for (const { key, owner } of redisKeys.filter(
      (each) => /^(\{?[a-z])/.test(each.key) && !each.key.startsWith('bull:'),
    )) {
      expect(existsSync(owner), owner).toBe(true);
      expect(readFileSync(owner, 'utf8'), key).toContain(/^\{?[a-z-]+:?/.exec(key)?.[0]);
    }
  });

  it('is compared with what is there: strangers, wrong types and wrong lifetimes are found', async () => {
    await redis.set('copy:a', '1', 'EX', 60);
    await redis.set('bull:payments:id', '1');
    expect(await auditKeys(redis)).toEqual({ faults: [], seen: new Set(['copy:NAME', 'bull:QUEUE:id']) });
    await redis.set('stranger', '1');
    await redis.set('unknown:b', '1');
    await redis.set('market:asks', '1');
    await redis.set('orderflow:whole', '1', 'EX', 100);
    await redis.set('copy:c', '1', 'EX', 10_000_000);
    expect((await auditKeys(redis)).faults.toSorted()).toEqual([
      expect.stringMatching(/^copy:c stays for (?:9999\d+|10000000000) ms/),
      'market:asks is a string, not a zset',
      expect.stringMatching(/^orderflow:whole goes after/),
      'stranger is not listed',
      'unknown:b stays for -1 ms, not 600000',
    ]);
  });
});
