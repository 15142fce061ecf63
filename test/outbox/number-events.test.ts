import { UniqueConstraintViolationException } from '@mikro-orm/mysql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Committed } from '../../src/outbox/after-commit.ts';
import { numberEvents } from '../../src/outbox/number-events.ts';
import type { Numbering, Unnumbered } from '../../src/outbox/numbering.ts';
import { numberWritten } from '../../src/outbox/number-written.ts';
import { openTransaction } from '../../src/outbox/transaction.ts';
import { openOutbox, type Outbox, parcelMoved } from '../support/stores/open-outbox.ts';
import { sendsOf } from '../support/stores/statements.ts';

let outbox: Outbox;
beforeAll(async () => {
  outbox = await openOutbox();
});
afterAll(() => outbox.api.close());
beforeEach(() => outbox.empty());

const move = async (...steps: readonly [parcel: string, step: number][]) => {
  const before = new Set((await outbox.events()).map(({ id }) => id));
  await outbox.transaction(async (_tx, after) => {
    for (const [parcel, step] of steps) after.publish(parcelMoved, parcel, { step });
  });
  return (await outbox.events()).filter(({ id }) => !before.has(id));
};
const numbering = (): Numbering => ({ em: outbox.api.ctx.orm.em.fork(), streams: ['parcels'], now: new Date() });
const placesOf = (events?: readonly { subject: string; version: number; position?: number | null | undefined }[]) =>
  events?.map(({ subject, version, position }) => `${subject} ${version} ${position}`);

describe('events that this process has committed', () => {
  it('are given positions as they were written, and know what stands before them', async () => {
    await numberWritten(numbering(), await move(['a', 1]));
    const given = await numberWritten(numbering(), await move(['b', 1], ['a', 2], ['b', 2]));
    expect(placesOf(given)).toEqual(['b 1 2', 'a 2 3', 'b 2 4']);
    expect(given?.map(({ previous }) => previous)).toEqual([1, 2, 3]);
    expect(given?.[0]).toMatchObject({ data: '{"step":1}', type: 'parcel.moved', stream: 'parcels' });
  });

  it('have a position of their own, and a version of what they are about, whoever writes them', async () => {
    const [, second] = (await numberWritten(numbering(), await move(['a', 1], ['b', 1]))) ?? [];
    for (const taken of ['position = 1', "subject = 'a'"]) {
      const taking = `/* of the test */ update event_log set ${taken} where id = ?`;
      await expect(outbox.api.ctx.orm.em.fork().execute(taking, [second?.id])).rejects.toThrow(
        UniqueConstraintViolationException,
      );
    }
  });

  it('are in the order of their versions, whichever transaction is heard of first', async () => {
    const [first, second] = [await move(['a', 1]), await move(['a', 2])];
    expect(placesOf(await numberWritten(numbering(), [...second, ...first]))).toEqual(['a 1 1', 'a 2 2']);
  });

  it('wait for what comes before them and was committed by another process', async () => {
    const others = await move(['a', 1]);
    const own = await move(['b', 1], ['a', 2]);
    expect(await numberWritten(numbering(), own)).toBeUndefined();
    expect(placesOf((await numberEvents(numbering())).events)).toEqual(['a 1 1', 'b 1 2', 'a 2 3']);
    expect(others).toHaveLength(1);
  });

  it('are left when another process has given them positions', async () => {
    const own = await move(['a', 1], ['b', 1]);
    await numberEvents(numbering());
    const more = await move(['c', 1]);
    expect(await numberWritten(numbering(), [...own, ...more])).toBeUndefined();
    expect(placesOf(await outbox.log())).toEqual(['a 1 1', 'b 1 2', 'c 1 null']);
  });

  it('get other positions when another process has moved the end meanwhile', async () => {
    const [own, others] = [await move(['a', 1], ['b', 1]), await move(['c', 1])];
    const [mine, theirs] = await Promise.all([numberWritten(numbering(), own), numberWritten(numbering(), others)]);
    const positions = [...(mine ?? []), ...(theirs ?? [])].map(({ position }) => position);
    expect(new Set(positions)).toEqual(new Set([1, 2, 3]));
    expect((await outbox.log()).map(({ position }) => position)).toEqual([1, 2, 3]);
  });

  it('leave no hole, although others number some of them meanwhile', async () => {
    let areWritten = false;
    const { orm } = outbox.api.ctx;
    const write = async (writer: number) => {
      const written: Unnumbered[] = [];
      const notify = ({ events }: Committed) => void written.push(...events);
      // They are not given positions with their commit.
      const transaction = openTransaction(orm, { notify, isBehind: () => true }, () => new Date());
      for (let round = 0; round < 300; round += 1) {
        const subjects = Array.from({ length: 1 + (round % 4) }, (_, part) => `parcel-${writer}-${round}-${part}`);
        await transaction(async (_tx, after) => {
          for (const subject of subjects) after.publish(parcelMoved, subject, { step: 1 });
        });
        // Others are given the time to find them.
        await outbox.api.ctx.orm.em
          .fork()
          .execute('/* of the test */ select 1 from event_log where subject in (?)', [subjects]);
        await numberWritten(numbering(), written.splice(0));
      }
    };
    const number = async () => {
      while (!areWritten) await numberEvents(numbering());
    };
    const others = [number(), number()];
    await Promise.all([1, 2, 3, 4].map(write));
    areWritten = true;
    await Promise.all(others);
    await numberEvents(numbering());
    const positions = (await outbox.log()).map(({ position }) => position);
    expect(positions).toEqual(positions.map((_, index) => index + 1));
    expect(positions).toHaveLength(4 * 300 * 2.5);
  });

  it('of a process that is gone get theirs although others move the end after every look', async () => {
    await move(['a', 1], ['b', 1], ['a', 2]);
    const slow = numbering();
    let moves = 0;
    const em = new Proxy(slow.em, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name, target);
        if (name !== 'execute' || typeof own !== 'function') return own;
        return async (...asked: readonly unknown[]) => {
          // The end of the log is moved only if nobody has been quicker: somebody is, as long as they are not too many.
          if (String(asked[0]).startsWith('update') && moves < 50) {
            moves += 1;
            await numberWritten(numbering(), await move([`other-${moves}`, 1]));
          }
          const answer: unknown = await Reflect.apply(own, target, asked);
          return answer;
        };
      },
    });
    const { events } = await numberEvents({ ...slow, em });
    expect(moves).toBeLessThan(10);
    expect(placesOf(events)).toEqual(['a 1', 'b 1', 'a 2'].map((place, index) => `${place} ${moves + 1 + index}`));
  });

  it('take one way there and back, however many they are', async () => {
    const own = await move(...Array.from({ length: 60 }, (_, index): [string, number] => [`parcel-${index}`, 1]));
    const sent = await sendsOf(async () => expect(await numberWritten(numbering(), own)).toHaveLength(60));
    expect(sent).toHaveLength(1);
  });
});
