import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Redis } from 'ioredis';
import { sweepOnce, sweepUntil } from '../../src/outbox/sweep.ts';
import { impatientRedis } from '../../src/redis/connection.ts';
import { freePort, until } from '../support/processes/process.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { noteJobs, openOutbox, type Outbox, parcelMoved, weighParcel } from '../support/stores/open-outbox.ts';

let outbox: Outbox;
beforeAll(async () => {
  outbox = await openOutbox();
});
afterAll(() => outbox.api.close());
beforeEach(() => outbox.empty());

const ask = (count: number) =>
  outbox.transaction(async (_tx, after) => {
    for (let index = 0; index < count; index += 1) after.enqueue(weighParcel, { parcel: `parcel ${index}` });
  });

test('a message is left to whoever holds its lease, and taken over once that has run out', async () => {
  await ask(1);
  const { producer, added } = noteJobs();
  const { orm } = outbox.api.ctx;
  expect(await sweepOnce(orm, outbox.relay({ producer }))).toBe(0);
  await outbox.expireLeases();
  expect(await sweepOnce(orm, outbox.relay({ producer }))).toBe(1);
  expect(added).toHaveLength(1);
  expect(await outbox.rows()).toEqual([]);
});

test('who has claimed a message holds its lease: the next sweep does not send it again', async () => {
  await ask(1);
  await outbox.expireLeases();
  const { orm } = outbox.api.ctx;
  const deaf = { notify() {}, send: async () => 0, idle: async () => {} };
  expect(await sweepOnce(orm, deaf)).toBe(1);
  expect(await sweepOnce(orm, deaf)).toBe(0);
});

test('four sweeps at once send each message once', async () => {
  await ask(500);
  await outbox.expireLeases();
  const sweepers = Array.from({ length: 4 }, () => noteJobs());
  const { orm } = outbox.api.ctx;
  await Promise.all(
    sweepers.map(async ({ producer }) => {
      const relay = outbox.relay({ producer });
      while ((await sweepOnce(orm, relay)) > 0);
    }),
  );
  const sent = sweepers.flatMap(({ added }) => added.map(({ id }) => id));
  expect(sent).toHaveLength(500);
  expect(new Set(sent).size).toBe(500);
  expect(await outbox.rows()).toEqual([]);
});

test('what Redis could not take is swept when it is back', async () => {
  await outbox.transaction(async (_tx, after) => after.publish(parcelMoved, 'outage', { step: 1 }));
  await outbox.expireLeases();
  const { orm, config, redis } = outbox.api.ctx;
  const away = new Redis({ ...impatientRedis(config), port: await freePort() });
  away.on('error', () => {});
  await expect(sweepOnce(orm, outbox.relay({ redis: away }))).rejects.toThrow();
  away.disconnect();
  expect(await outbox.rows()).toHaveLength(1);
  await outbox.expireLeases();
  await sweepOnce(orm, outbox.relay());
  expect(await readStream(redis, 'parcels')).toMatchObject([{ subject: 'outage', version: '1' }]);
});

test('a sweep that fails is followed by another, until it is told to stop', async () => {
  await ask(1);
  await outbox.expireLeases();
  let tries = 0;
  const { producer, added } = noteJobs(async () => {
    tries += 1;
    if (tries === 1) throw new Error('Redis hiccups');
  });
  const stop = new AbortController();
  const { orm, log } = outbox.api.ctx;
  const sweeping = sweepUntil(stop.signal, orm, outbox.relay({ producer }), log);
  await until('the first try', () => (tries > 0 ? true : undefined));
  await outbox.expireLeases();
  await until('sent', () => (added.length === 1 ? true : undefined));
  stop.abort();
  await sweeping;
});

describe('a sweep in the middle of its claim', () => {
  const deaf = { notify() {}, send: async () => 0, idle: async () => {} };
  const em = () => outbox.api.ctx.orm.em.fork();
  // The first claim's UPDATE stops until the test lets go of this lock; later ones pass it.
  beforeAll(async () => {
    await em().execute(
      `create trigger hold_claim before update on outbox_messages for each row
       set @held = if(is_used_lock('held_claim') is null and get_lock('held_claim', 0),
                     get_lock('hold_claim', 20) + release_lock('hold_claim') + release_lock('held_claim'), 1)`,
    );
  });
  afterAll(() => em().execute('drop trigger hold_claim'));

  const duringClaim = async (work: () => Promise<void>): Promise<number> => {
    const holder = em();
    await holder.begin();
    try {
      await holder.execute("select get_lock('hold_claim', 1)");
      const sweeping = sweepOnce(outbox.api.ctx.orm, deaf);
      await until('the claim is held', async () => {
        const [row] = await em().execute<{ held: number | null }[]>("select is_used_lock('held_claim') as held");
        return row?.held === null ? undefined : true;
      });
      await work();
      await holder.execute("select release_lock('hold_claim')");
      return await sweeping;
    } finally {
      await holder.rollback();
    }
  };

  test('keeps nobody from storing a message', async () => {
    await ask(3);
    await outbox.expireLeases();
    // Were it kept waiting, it would wait for ever: what is claimed is let go afterwards.
    const claimed = await duringClaim(() => ask(3));
    expect(claimed).toBe(3);
  });

  test('leaves to a second one what it has not claimed', async () => {
    await ask(250);
    await outbox.expireLeases();
    const claimed = await duringClaim(async () => {
      expect(await sweepOnce(outbox.api.ctx.orm, deaf)).toBe(50);
    });
    expect(claimed).toBe(200);
  });
});
