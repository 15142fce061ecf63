import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openContext } from '../../src/context.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { RateLimited } from '../../src/errors.ts';
import { openBudget } from '../../src/gateways/finnhub/budget.ts';
import { budgetKeys } from '../../src/gateways/finnhub/budget-memory.ts';
import { queues } from '../../src/jobs/queues.ts';
import { tagOf } from '../../src/jobs/shards/choice.ts';
import { impatientRedis, openConnection } from '../../src/redis/connection.ts';
import { type RedisCluster, startRedisCluster } from '../support/engines/redis-cluster.ts';
import { seeMainFlows, seeOutlived } from '../support/engines/main-flows.ts';
import { ask } from '../support/engines/redis-node.ts';
import type { Node } from '../support/engines/server-node.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';

let cluster: RedisCluster;
let platform: Platform;
beforeAll(async () => {
  cluster = await startRedisCluster();
  platform = await startPlatform({ env: { ...cluster.env, PAYMENTS_SHARDS: '3' } });
});
afterAll(async () => {
  await platform.stop();
  await cluster.stop();
});

test('on a cluster of six nodes orders are paid and announced, prices are read, and queues are shown and stopped', async () => {
  await seeMainFlows(platform);
});

test('the queues do not all live on one node', async () => {
  const owners = await Promise.all(queues.map(({ name }) => cluster.ownerOf(`{bull:${name}}:${name}:meta`)));
  expect(new Set(owners.map(({ port }) => port)).size).toBeGreaterThan(1);
});

/** The nodes that hold the shards of the payments. */
const ownersOfShards = async () => {
  const keys = [0, 1, 2].map((shard) => `{bull:payments${tagOf(shard)}}:payments:meta`);
  return new Set(await Promise.all(keys.map(cluster.ownerOf)));
};

test('three shards of the payments are on three masters', async () => {
  expect((await ownersOfShards()).size).toBe(3);
});

/** The ids of what the doctor finds, and the sentences. */
async function found(): Promise<Readonly<{ ids: readonly string[]; text: string }>> {
  const ctx = await openContext(readConfig({ ...platform.env, LOG_LEVEL: 'silent' }), 'doctor');
  const findings = (await diagnose(ctx).finally(() => ctx.close())).flatMap((examined) => examined.findings);
  return { ids: findings.map(({ id }) => id), text: findings.map(({ fault }) => fault).join('\n') };
}

test('the doctor leaves nothing on any master', async () => {
  expect((await found()).ids).not.toContain('unreadable');
  const left = [...(await ownersOfShards())].map((node) => ask(node, 'KEYS', '*orderflow-doctor*'));
  expect(await Promise.all(left)).toEqual([[], [], []]);
});

test('the doctor looks at every master, whichever is the one that is set up wrongly', async () => {
  for (const master of await ownersOfShards()) {
    await ask(master, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const { ids, text } = await found();
    await ask(master, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(ids.filter((id) => id.startsWith('redis_'))).toEqual(['redis_eviction']);
    expect(text).toContain(`${master.host}:${master.port}: Jobs may be thrown away`);
  }
});

test('while the node of the payments is killed orders are answered 201, and all are paid once a replica has its place', async () => {
  await seeOutlived(platform, await cluster.writer());
});

test('the doctor names a node that is gone, also when a replica has its place', async () => {
  const node = await cluster.writer();
  await node.process().signal('SIGKILL');
  const named = (text: string) =>
    text.split('\n').some((line) => /^Nodes .* answer/.test(line) && line.includes(`:${node.port}`));
  await until('it is named', async () => named((await found()).text) || undefined);
  await until('a replica has its place', () => cluster.successor(node));
  const { ids, text } = await found();
  expect([ids, named(text)]).toEqual([expect.not.arrayContaining(['redis_slots']), true]);
  await cluster.bringBack(node);
  await until('nothing of it is found', async () => !(await found()).ids.includes('redis_node') || undefined);
});

/** A key of Finnhub whose budget this node holds. */
async function keyOn(node: Node): Promise<string> {
  for (let number = 0; ; number += 1)
    if ((await cluster.ownerOf(budgetKeys(`key-${number}`).log)) === node) return `key-${number}`;
}

/** Has the replica of a master know all that it does, and nothing that comes later. */
async function detachReplica({ host, port }: Node, ownKey: string): Promise<void> {
  const master = new Redis({ host, port });
  await until('a replica is in step', async () => {
    await master.set(ownKey, 'known to both');
    return (await master.wait(1, 1_000)) === 1 ? true : undefined;
  });
  // It does not know the password, and comes back no more.
  await master.config('SET', 'requirepass', 'none of its business');
  await master.client('KILL', 'TYPE', 'replica');
  master.disconnect();
}

test('calls that the master of the budget has granted, and its successor has never heard of, count all the same', async () => {
  const master = await cluster.writer();
  const key = await keyOn(master);
  const redis = openConnection(impatientRedis(readConfig({ ...platform.env, LOG_LEVEL: 'silent' })));
  redis.on('error', () => {});
  await until('connected', () => (redis.status === 'ready' ? true : undefined));
  const hourMs = 3_600_000;
  const plan = { key, perWindow: 3, windowMs: hourMs, perSecond: 30 };
  // It looks by itself when it is asked, and at no other time.
  const budget = openBudget(redis, { ...plan, holdMs: 0, lookEveryMs: hourMs });
  await budget.hear(await budget.take('logged_in'), { limit: 3, remaining: 2 });
  await detachReplica(master, `${budgetKeys(key).outside}test`);
  for (let count = 0; count < 2; count += 1) await budget.take('logged_in');
  await master.process().signal('SIGKILL');
  const waitMs = async () => {
    const refused: unknown = await budget.take('logged_in').catch((error: unknown) => error);
    return refused instanceof RateLimited ? refused.waitMs : 0;
  };
  // Before that it is refused because nobody answers, and because others may not have put back yet what they remember.
  const answer = await until('it is granted, or refused because the window is full', async () => {
    const ms = await waitMs();
    return ms === 0 || ms > hourMs / 2 ? ms : undefined;
  });
  redis.disconnect();
  expect(answer).toBeGreaterThan(hourMs / 2);
});
