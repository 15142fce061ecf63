import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openContext } from '../../src/context.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { queues } from '../../src/jobs/queues.ts';
import { tagOf } from '../../src/jobs/shards/choice.ts';
import { type RedisCluster, startRedisCluster } from '../support/engines/redis-cluster.ts';
import { seeMainFlows, seeOutlived } from '../support/engines/main-flows.ts';
import { ask } from '../support/engines/redis-node.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';

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

test('the doctor leaves nothing on any master', async () => {
  const ctx = await openContext(readConfig({ ...platform.env, LOG_LEVEL: 'silent' }), 'doctor');
  const examined = await diagnose(ctx).finally(() => ctx.close());
  expect(examined.flatMap(({ findings }) => findings.map(({ id }) => id))).not.toContain('unreadable');
  const left = [...(await ownersOfShards())].map((node) => ask(node, 'KEYS', '*orderflow-doctor*'));
  expect(await Promise.all(left)).toEqual([[], [], []]);
});

test('while the node of the payments is killed orders are answered 201, and all are paid once a replica has its place', async () => {
  await seeOutlived(platform, await cluster.writer());
});
