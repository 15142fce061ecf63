import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AfterCommit, Committed } from '../../src/outbox/after-commit.ts';
import { openTransaction } from '../../src/outbox/transaction.ts';
import { deafRelay, letterSent, openOutbox, type Outbox, parcelMoved } from '../support/stores/open-outbox.ts';
import { sendsOf, statementsOf } from '../support/stores/statements.ts';
import { readStream } from '../support/stores/stream-entries.ts';

let outbox: Outbox;
beforeAll(async () => {
  outbox = await openOutbox();
});
afterAll(() => outbox.api.close());
beforeEach(() => outbox.empty());

/** Commits as processes do, and returns what their relay hears. */
async function commit(work: (after: AfterCommit) => void, isBehind = () => false): Promise<Committed> {
  const heard: Committed[] = [];
  const relay = { ...deafRelay, isBehind, notify: (committed: Committed) => void heard.push(committed) };
  const { orm, now } = outbox.api.ctx;
  await openTransaction(orm, relay, now)(async (_tx, after) => work(after));
  return heard[0] ?? { jobs: [], events: [] };
}
const move = (...parcels: readonly string[]) =>
  commit((after) => {
    for (const parcel of parcels) after.publish(parcelMoved, parcel, { step: 1 });
  });
const logged = async () =>
  (await outbox.log()).map(({ subject, version, position }) => `${subject} ${version} ${position}`);

describe('a few events', () => {
  it('get their positions from the transaction that writes them, which goes there and back once', async () => {
    await move('a');
    const sent = await sendsOf(async () => {
      const { events } = await commit((after) => {
        after.publish(parcelMoved, 'a', { step: 2 });
        after.publish(letterSent, 'b', { step: 1 });
        after.publish(parcelMoved, 'c', { step: 1 });
      });
      const places = [
        { subject: 'a', version: 2, position: 2, previous: 1 },
        { subject: 'b', version: 1, position: 3, previous: undefined },
        { subject: 'c', version: 1, position: 4, previous: 2 },
      ];
      expect(events).toMatchObject(places);
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatch(/^begin; .*update event_log_end .*; commit$/s);
    expect(await logged()).toEqual(['a 1 1', 'a 2 2', 'b 1 3', 'c 1 4']);
  });

  it('do not come before what the process has committed and not announced yet', async () => {
    const relay = outbox.relay();
    expect(relay.isBehind()).toBe(false);
    const committed = await move('a', 'b', 'c', 'd', 'e');
    // Whoever holds the end of the log keeps the relay from giving them positions.
    const holder = outbox.api.ctx.orm.em.fork();
    const said = await holder.transactional(async (tx) => {
      await tx.execute('/* of the test */ select id from event_log_end where id = 1 for update');
      relay.notify(committed);
      return commit((after) => after.publish(letterSent, 'all of them', { step: 1 }), relay.isBehind);
    });
    expect(said.events).not.toContainEqual(expect.objectContaining({ position: expect.anything() }));
    relay.notify(said);
    await relay.idle();
    expect(relay.isBehind()).toBe(false);
    expect((await logged()).at(-1)).toBe('all of them 1 6');
  });

  it('are appended without asking MySQL again, also where several commits are heard of at once', async () => {
    const relay = outbox.relay();
    relay.notify(await move('a'));
    await relay.idle();
    const [others, last] = [await move('b'), await move('a')];
    const asked = await statementsOf(async () => {
      for (const committed of [last, others]) relay.notify(committed);
      await relay.idle();
    });
    // What the first that was heard of follows is read; then the other is there already.
    expect(asked.filter((statement) => statement !== 'select event_log')).toEqual([]);
    const entries = await readStream(outbox.api.ctx.redis, 'parcels');
    expect(entries.map(({ subject, version }) => `${subject} ${version}`)).toEqual(['a 1', 'b 1', 'a 2']);
    const more = await move('c');
    expect(await statementsOf(async () => (relay.notify(more), await relay.idle()))).toEqual([]);
  });

  it('do not hide events of others that stand between them', async () => {
    const [first, , last] = [await move('a'), await move('b'), await move('c')];
    const relay = outbox.relay();
    relay.notify({ jobs: [], events: [...first.events, ...last.events] });
    await relay.idle();
    const entries = await readStream(outbox.api.ctx.redis, 'parcels');
    expect(entries.map(({ subject }) => subject)).toEqual(['a', 'b', 'c']);
  });

  it('have none while an earlier one of theirs waits for its own', async () => {
    await outbox.transaction(async (_tx, after) => after.publish(parcelMoved, 'a', { step: 1 }));
    const { events } = await move('b', 'a');
    expect(events).not.toMatchObject([{ position: 1 }]);
    expect(await logged()).toEqual(['a 1 null', 'b 1 null', 'a 2 null']);
    const relay = outbox.relay();
    relay.notify({ jobs: [], events });
    await relay.idle();
    expect(await logged()).toEqual(['a 1 1', 'b 1 2', 'a 2 3']);
  });

  it('follow each other without holes, whoever commits and whoever gives up', async () => {
    const ends = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        outbox.api.ctx.transaction(async (tx, after) => {
          after.publish(parcelMoved, `parcel-${index % 3}`, { step: index });
          if (index % 4 === 0) await tx.execute('select no_such_column from products');
        }),
      ),
    );
    await outbox.api.ctx.events.relay.idle();
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(30);
    const log = await outbox.log();
    expect(log.map(({ position }) => position)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    for (const some of Map.groupBy(log, ({ subject }) => subject).values())
      expect(some.map(({ version }) => version)).toEqual(some.map((_, index) => index + 1));
  });
});

it('many are left to the relay: nobody holds the end of the log for as long as they take', async () => {
  const { events } = await move(...Array.from({ length: 5 }, (_, index) => `parcel-${index}`));
  expect(events.map((event) => 'position' in event)).not.toContain(true);
  expect((await outbox.log()).map(({ position }) => position)).not.toContain(1);
});
