import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sweepOnce, sweepUntil } from '../../src/outbox/sweep.ts';
import { openTransaction } from '../../src/outbox/transaction.ts';
import { until } from '../support/processes/process.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import {
  deafRelay,
  noteJobs,
  openOutbox,
  type Outbox,
  parcelMoved,
  weighParcel,
} from '../support/stores/open-outbox.ts';

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
  const relay = outbox.relay({ producer });
  expect(await sweepOnce(orm, relay)).toBe(1);
  await relay.idle();
  expect(added).toHaveLength(1);
  expect(await outbox.rows()).toEqual([]);
});

test('who has claimed a message holds its lease: the next sweep does not send it again', async () => {
  await ask(1);
  await outbox.expireLeases();
  const { orm } = outbox.api.ctx;
  expect(await sweepOnce(orm, deafRelay)).toBe(1);
  expect(await sweepOnce(orm, deafRelay)).toBe(0);
});

test('a lease ends by the clock of MySQL, whatever that of who wrote it says', async () => {
  const { orm } = outbox.api.ctx;
  for (const hours of [-1, 1]) {
    const wrong = () => new Date(Date.now() + hours * 3_600_000);
    const transaction = openTransaction(orm, deafRelay, wrong);
    await transaction(async (_tx, after) => void after.enqueue(weighParcel, { parcel: 'skewed' }));
  }
  const left = 'timestampdiff(second, utc_timestamp(3), lease_until)';
  const sql = `select count(*) as found from outbox_messages where ${left} between -600 and 4`;
  expect(await orm.em.fork().execute(sql)).toMatchObject([{ found: 2 }]);
});

test('a lease that began on a clock of MySQL’s that was ahead is over once that has been put right', async () => {
  await ask(2);
  const { orm } = outbox.api.ctx;
  await orm.em.fork().execute('update outbox_messages set lease_until = utc_timestamp(3) + interval 1 hour');
  const stopping = new AbortController();
  const { producer, added } = noteJobs();
  const relay = outbox.relay({ producer });
  const sweeping = sweepUntil(stopping.signal, orm, relay, outbox.api.ctx.log);
  await until('both have been sent', () => (added.length === 2 ? true : undefined));
  stopping.abort();
  await sweeping;
  await relay.idle();
  expect(await outbox.rows()).toEqual([]);
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
      await relay.idle();
    }),
  );
  const sent = sweepers.flatMap(({ added }) => added.map(({ id }) => id));
  expect(sent).toHaveLength(500);
  expect(new Set(sent).size).toBe(500);
  expect(await outbox.rows()).toEqual([]);
});

test('events that nobody has announced are announced by a sweep', async () => {
  await outbox.transaction(async (_tx, after) => after.publish(parcelMoved, 'left', { step: 1 }));
  const { orm, log, redis } = outbox.api.ctx;
  const stop = new AbortController();
  const sweeping = sweepUntil(stop.signal, orm, outbox.relay(), log);
  await until('announced', async () => ((await redis.xlen('parcels')) === 1 ? true : undefined));
  stop.abort();
  await sweeping;
  expect(await readStream(redis, 'parcels')).toMatchObject([{ subject: 'left', version: '1' }]);
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
  const em = () => outbox.api.ctx.orm.em.fork();
  // The first claim's UPDATE stops until the test lets go of this lock; later ones pass it.
  beforeAll(async () => {
    await em().execute(
      `/* of the test */ create trigger hold_claim before update on outbox_messages for each row
       set @held = if(is_used_lock('held_claim') is null and get_lock('held_claim', 0),
                     get_lock('hold_claim', 20) + release_lock('hold_claim') + release_lock('held_claim'), 1)`,
    );
  });
  afterAll(() => em().execute('drop trigger hold_claim'));

  const duringClaim = async (work: () => Promise<void>): Promise<number> => {
    const holder = em();
    await holder.begin();
    try {
      await holder.execute("/* of the test */ select get_lock('hold_claim', 1)");
      const sweeping = sweepOnce(outbox.api.ctx.orm, deafRelay);
      await until('the claim is held', async () => {
        const [row] = await em().execute<{ held: number | null }[]>("select is_used_lock('held_claim') as held");
        return row?.held === null ? undefined : true;
      });
      await work();
      await holder.execute("/* of the test */ select release_lock('hold_claim')");
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

  test('gives a second one nothing of what it claims, and leaves the rest', async () => {
    await ask(250);
    await outbox.expireLeases();
    const second = Promise.withResolvers<number>();
    const claimed = await duringClaim(async () => {
      sweepOnce(outbox.api.ctx.orm, deafRelay).then(second.resolve, second.reject);
      // Both have seen the same messages when both want to write them.
      await until('the second claims too', async () => {
        const claiming = await em().execute(
          `select 1 from information_schema.processlist
           where db = database() and info like 'update%' and id <> is_used_lock('held_claim')`,
        );
        return claiming.length > 0 ? true : undefined;
      });
    });
    expect([claimed, await second.promise]).toEqual([200, 0]);
    expect(await sweepOnce(outbox.api.ctx.orm, deafRelay)).toBe(50);
  });
});
