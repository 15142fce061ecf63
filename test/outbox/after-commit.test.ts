import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AfterCommit, Committed } from '../../src/outbox/after-commit.ts';
import { openTransaction } from '../../src/outbox/transaction.ts';
import { openOutbox, type Outbox, parcelMoved, weighParcel } from '../support/stores/open-outbox.ts';

let outbox: Outbox;
beforeAll(async () => {
  outbox = await openOutbox();
});
afterAll(() => outbox.api.close());
beforeEach(() => outbox.empty());

test('messages are stored by the transaction that asks for them, jobs under the id it was told', async () => {
  const id = await outbox.transaction(async (_tx, after) => {
    after.publish(parcelMoved, 'commits', { step: 1 });
    return after.enqueue(weighParcel, { parcel: 'commits' });
  });
  const event = {
    type: 'parcel.moved',
    stream: 'parcels',
    subject: 'commits',
    version: 1,
    schema: 1,
    data: '{"step":1}',
  };
  expect(await outbox.log()).toMatchObject([{ ...event, position: null }]);
  expect(await outbox.rows()).toMatchObject([{ id, name: 'weigh-parcel', body: '{"parcel":"commits"}' }]);
});

test('a transaction that fails leaves no message and takes no version', async () => {
  const failing = outbox.transaction(async (tx, after) => {
    after.publish(parcelMoved, 'fails', { step: 1 });
    after.enqueue(weighParcel, { parcel: 'fails' });
    await tx.execute('select no_such_column from products');
  });
  await expect(failing).rejects.toThrow(/no_such_column/i);
  expect([await outbox.rows(), await outbox.log()]).toEqual([[], []]);
  await outbox.transaction(async (_tx, after) => after.publish(parcelMoved, 'fails', { step: 1 }));
  expect(await outbox.log()).toMatchObject([{ version: 1 }]);
});

test('the relay hears of messages only after their commit', async () => {
  const heard: string[] = [];
  const relay = {
    ...outbox.api.ctx.events.relay,
    notify: ({ jobs }: Committed) => heard.push(...jobs.map(({ id }) => id)),
  };
  const transaction = openTransaction(outbox.api.ctx.orm, relay, () => new Date());
  const id = await transaction(async (_tx, after) => {
    const minted = after.enqueue(weighParcel, { parcel: 'heard' });
    expect(heard).toEqual([]);
    return minted;
  });
  expect(heard).toEqual([id]);
});

test('what does not fit its schema is refused where it is asked for', async () => {
  const bad = outbox.transaction(async (_tx, after) => after.publish(parcelMoved, 'bad', { step: 1.5 }));
  await expect(bad).rejects.toThrow(/step/);
  expect(await outbox.log()).toEqual([]);
});

test('thirty transactions at once, every third failing, number one subject without gaps and another apart', async () => {
  const work = Array.from({ length: 30 }, (_, index) =>
    outbox.transaction(async (_tx, after) => {
      after.publish(parcelMoved, index % 2 === 0 ? 'even' : 'odd', { step: index });
      after.publish(parcelMoved, 'all', { step: index });
      if (index % 3 === 0) throw new Error('changed its mind');
    }),
  );
  const ends = await Promise.allSettled(work);
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(10);
  const log = await outbox.log();
  const versions = (subject: string) =>
    log.flatMap((row) => (row.subject === subject ? (row.version ?? 0) : [])).toSorted((a, b) => a - b);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  expect(versions('all')).toEqual(upTo(20));
  expect(versions('even')).toEqual(upTo(10));
  expect(versions('odd')).toEqual(upTo(10));
});

test('hundreds of messages of one transaction are written by four statements, new subjects and old ones', async () => {
  await outbox.transaction(async (_tx, after) => after.publish(parcelMoved, 'parcel-0', { step: 0 }));
  const statements: string[] = [];
  const counted = async (work: (after: AfterCommit) => void) => {
    statements.length = 0;
    await outbox.transaction(async (tx, after) => {
      const execute = tx.execute.bind(tx);
      // What is asked of the transaction's own manager, and of no other.
      Object.assign(tx, { execute: (sql: string, ...rest: []) => (statements.push(sql), execute(sql, ...rest)) });
      work(after);
    });
    return statements.map((sql) => sql.replace('/* with the next */', '').trim().split(' ').slice(0, 3).join(' '));
  };
  const publish = (from: number) => (after: AfterCommit) => {
    for (let index = from; index < from + 150; index += 1) {
      after.publish(parcelMoved, `parcel-${index}`, { step: 1 });
      after.publish(parcelMoved, `parcel-${index}`, { step: 2 });
      after.enqueue(weighParcel, { parcel: `parcel-${index}` });
    }
  };
  const inserts = ['insert into `outbox_messages`', 'insert into event_versions', 'insert into `event_log`'];
  expect(await counted(publish(1_000))).toEqual(inserts);
  expect(await counted((after) => after.publish(parcelMoved, 'parcel-0', { step: 1 }))).toEqual(inserts.slice(1));
  expect((await counted(publish(0))).toSorted()).toEqual([...inserts, 'select stream, subject,'].toSorted());
  const log = await outbox.log();
  const of = (parcel: string) =>
    log.filter(({ subject }) => subject === parcel).map(({ data, version }) => `${version} ${data}`);
  expect(of('parcel-0')).toEqual(['1 {"step":0}', '2 {"step":1}', '3 {"step":1}', '4 {"step":2}']);
  expect(of('parcel-149')).toEqual(['1 {"step":1}', '2 {"step":2}']);
  expect(of('parcel-1149')).toEqual(['1 {"step":1}', '2 {"step":2}']);
});
