import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openConnection, patientRedis, type RedisConnection } from '../../src/redis/connection.ts';
import { type RedisServer, startRedis } from '../support/processes/platform.ts';
import { ownData } from '../support/stores/servers.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
  return () => server.stop();
});

/** Opens a connection, and resolves when it has been used. */
async function open(options: RedisConnection) {
  const redis = openConnection(options);
  redis.on('error', () => {});
  onTestFinished(() => redis.disconnect());
  await redis.ping();
  return redis;
}

test('when one connection gets no answer, those to the same server that nobody uses are dropped with it, and no others', async () => {
  const shared = readConfig(await ownData());
  const options = patientRedis(readConfig({ ...(await ownData()), ...server.env }));
  const [asking, idle] = [await open(options), await open(options)];
  const elsewhere = await open({ ...options, host: shared.REDIS_HOST ?? '', port: shared.REDIS_PORT });
  const drops: string[] = [];
  elsewhere.once('close', () => drops.push('elsewhere'));
  const isDropped = new Promise((resolve) => idle.once('close', resolve));
  await server.process().signal('SIGSTOP');
  onTestFinished(() => server.process().signal('SIGCONT'));
  const answer = asking.ping();
  await isDropped;
  expect(drops).toEqual([]);
  await server.process().signal('SIGCONT');
  // Both come back by themselves, and what was asked is answered.
  expect([await answer, await idle.ping(), await elsewhere.ping()]).toEqual(['PONG', 'PONG', 'PONG']);
});

test('the wait for an answer ends with its connection: the one that takes its place, and those beside it, are left alone', async () => {
  const options = patientRedis(readConfig({ ...(await ownData()), ...server.env }));
  const [asking, beside] = [await open(options), await open(options)];
  const id = await asking.client('ID');
  const drops: string[] = [];
  const read = asking.blpop('nothing', 2);
  expect(await beside.client('KILL', 'ID', id)).toBe(1);
  asking.once('ready', () => [asking, beside].forEach((redis) => redis.on('close', () => drops.push('dropped'))));
  expect(await read).toBe(null);
  // Each is answered in time, and together they outlast what the first connection would have waited for.
  for (const key of ['still nothing', 'nothing at all']) expect(await asking.blpop(key, 2)).toBe(null);
  expect([await asking.ping(), await beside.ping()]).toEqual(['PONG', 'PONG']);
  expect(drops).toEqual([]);
});
