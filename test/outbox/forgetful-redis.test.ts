import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { keepRedis } from '../../src/workers/keep-redis.ts';
import { type RedisServer, startRedis } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { openOutbox, type Outbox, parcelMoved } from '../support/stores/open-outbox.ts';

let server: RedisServer;
let outbox: Outbox;
beforeAll(async () => {
  server = await startRedis();
  outbox = await openOutbox(server.env);
});
afterAll(async () => {
  await outbox.api.close();
  await server.stop();
});
beforeEach(() => outbox.empty());

const move = (parcel: string, step: number) =>
  outbox.transaction(async (_tx, after) => after.publish(parcelMoved, parcel, { step }));
const send = () => outbox.relay().announce();
const announced = async () =>
  (await readStream(outbox.api.ctx.redis, 'parcels')).map(({ subject, version }) => `${subject} ${version}`);

/** Kills Redis, which has nothing on disk of what it wrote after so many bytes, and starts it again. */
async function crash(afterBytes: number): Promise<void> {
  await server.process().signal('SIGKILL');
  await server.forget(afterBytes);
  await server.restart();
  await until('Redis answers', async () => outbox.api.ctx.redis.ping().catch(() => undefined));
}

/** Announces three moves of two parcels, and lets Redis forget the last two. */
async function loseTheEnd(kept: string, lost: string): Promise<void> {
  await move(kept, 1);
  await send();
  const bytes = await server.written();
  await move(lost, 1);
  await move(kept, 2);
  await send();
  expect(await announced()).toHaveLength(3);
  await crash(bytes);
  expect(await announced()).toEqual([`${kept} 1`]);
}

test('what Redis had forgotten when it came back is appended again before anything follows, once', async () => {
  await loseTheEnd('a', 'b');
  await move('a', 3);
  await Promise.all([send(), send(), send()]);
  expect(await announced()).toEqual(['a 1', 'b 1', 'a 2', 'a 3']);
});

test('workers see to it when nobody has anything to announce', async () => {
  const { ctx } = outbox.api;
  await loseTheEnd('e', 'f');
  const definitions = { ...ctx.jobs.definitions, streams: new Map([['parcels', parcelMoved.stream]]) };
  const stopping = new AbortController();
  const keeping = keepRedis({ ...ctx, jobs: { ...ctx.jobs, definitions } }, stopping.signal);
  await until('all are announced', async () => ((await announced()).length === 3 ? true : undefined));
  stopping.abort();
  await keeping;
  expect(await announced()).toEqual(['e 1', 'f 1', 'e 2']);
});
