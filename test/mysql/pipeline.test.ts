import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { DeadLetter } from '../../src/entities/ops.entity.ts';
import { mayHaveCommitted } from '../../src/mysql/faults.ts';
import { askLater, insertRows, selectRow, updateRows } from '../../src/mysql/rows.ts';
import { type RawConnection, Session } from '../../src/mysql/session.ts';
import { answeredLater, type LaterRows, together, withNext } from '../../src/mysql/pipeline.ts';
import { createDatabase } from '../support/stores/create-database.ts';
import { ownData } from '../support/stores/servers.ts';
import { sendsOf } from '../support/stores/statements.ts';

let orm: MikroORM;
beforeAll(async () => {
  orm = await createDatabase(readConfig(await ownData()));
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
});
beforeEach(async () => void (await orm.em.fork().nativeDelete(DeadLetter, {})));

const letter = (jobId: string, id = randomUUID()) => {
  return {
    id,
    kind: 'charge-order',
    jobId,
    payload: '{"a":"it\'s; --"}',
    reason: ';',
    attempts: 1,
    diedAt: new Date(),
  };
};
const transactional = <T>(work: (tx: EntityManager) => Promise<T>) => orm.em.fork().transactional(work);
const count = () => orm.em.fork().count(DeadLetter, {});
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A connection whose server answers so many statements of a text, and refuses the next. */
function refusingAfter(answers: number, error: Error): RawConnection {
  return {
    config: {},
    threadId: 1,
    connect: () => {},
    format: (sql) => sql,
    release: () => {},
    destroy: () => {},
    query(_sql, callback) {
      const command = Object.assign(new EventEmitter(), {
        stream(): never {
          throw new TypeError('nothing is streamed');
        },
      });
      queueMicrotask(() => {
        for (let answer = 0; answer < answers; answer += 1) command.emit('fields');
        callback?.(Object.assign(new Error(error.message), error), undefined);
      });
      return command;
    },
  };
}

describe('what a transaction begins with, and rows that it inserts', () => {
  it('travel with the next statement, COMMIT at the latest', async () => {
    const sent = await sendsOf(() =>
      transactional(async (tx) => {
        await insertRows(tx, DeadLetter, [letter('a')]);
        expect(await selectRow(tx, DeadLetter, { jobId: 'a' })).toMatchObject({ reason: ';' });
        await insertRows(tx, DeadLetter, [letter('b')]);
        await insertRows(tx, DeadLetter, [letter('c')]);
      }),
    );
    expect(sent).toHaveLength(2);
    expect(sent[0]).toMatch(/^begin; insert .*; select .* limit 1$/s);
    expect(sent[1]).toMatch(/^insert .*; insert .*; commit$/s);
    expect(await count()).toBe(3);
  });

  it('are not sent at all where nothing follows that has to be, and go at once outside of a transaction', async () => {
    expect(await sendsOf(() => transactional(async () => {}))).toEqual([]);
    const undone = transactional(async (tx) => {
      await insertRows(tx, DeadLetter, [letter('a')]);
      throw new Error('no');
    });
    expect(await sendsOf(() => failureOf(undone))).toEqual([]);
    expect(await sendsOf(() => insertRows(orm.em.fork(), DeadLetter, [letter('a')]))).toHaveLength(1);
    expect(await count()).toBe(1);
  });

  it('are taken back with what was sent before them', async () => {
    const undone = transactional(async (tx) => {
      await insertRows(tx, DeadLetter, [letter('a')]);
      expect(await selectRow(tx, DeadLetter, { jobId: 'a' })).toBeDefined();
      await insertRows(tx, DeadLetter, [letter('b')]);
      throw new Error('no');
    });
    await failureOf(undone);
    expect(await count()).toBe(0);
  });

  it('do not wait for long when they are many', async () => {
    const long = (index: number) => ({ ...letter(`long ${index}`), payload: 'p'.repeat(60_000) });
    const sent = await sendsOf(() =>
      transactional(async (tx) => {
        for (let index = 0; index < 20; index += 1) await insertRows(tx, DeadLetter, [long(index)]);
      }),
    );
    expect(sent).toHaveLength(3);
    expect(await count()).toBe(20);
  });
});

describe('a question that is answered with the next statement', () => {
  const asking = (tx: EntityManager) => askLater<{ jobs: number }>(tx, 'select count(*) as jobs from dead_letters');

  it('travels with it, and is told what was so at its place', async () => {
    let later: LaterRows<{ jobs: number }> | undefined;
    const sent = await sendsOf(() =>
      transactional(async (tx) => {
        await insertRows(tx, DeadLetter, [letter('a')]);
        later = await asking(tx);
        await insertRows(tx, DeadLetter, [letter('b')]);
      }),
    );
    expect(sent).toHaveLength(1);
    expect(await later?.rows).toMatchObject([{ jobs: 1 }]);
  });

  it('is answered with the failure of any that travel with it', async () => {
    let later: LaterRows<{ jobs: number }> | undefined;
    const twice = letter('a');
    const failed = await failureOf(
      transactional(async (tx) => {
        later = await asking(tx);
        await insertRows(tx, DeadLetter, [twice, twice]);
      }),
    );
    expect(failed).toMatchObject({ errno: 1062 });
    await expect(later?.rows).rejects.toMatchObject({ errno: 1062 });
  });

  it('is no reason to think that a COMMIT which is refused has not been reached', async () => {
    const refusal = Object.assign(new Error('nobody knows'), { errno: 1180, sqlState: 'HY000' });
    const failureAfter = async (answers: number) => {
      const session = new Session(refusingAfter(answers, refusal), () => {});
      session.query('begin', [], () => {});
      session.query(answeredLater('select 1'), [], () => {});
      return new Promise<unknown>((resolve) => session.query('commit', [], resolve));
    };
    expect(mayHaveCommitted(await failureAfter(2))).toBe(true);
    expect(mayHaveCommitted(await failureAfter(1))).toBe(false);
  });

  it('is asked at once outside of a transaction', async () => {
    expect(await (await asking(orm.em.fork())).rows).toMatchObject([{ jobs: 0 }]);
  });
});

describe('a statement that is refused', () => {
  it('is told by the one that it travels with; when that is COMMIT, it has certainly not come to that', async () => {
    const twice = letter('a');
    const change = transactional(async (tx) => {
      await insertRows(tx, DeadLetter, [twice, twice]);
      await updateRows(tx, DeadLetter, { jobId: 'a' }, { attempts: 2 });
    });
    expect(await failureOf(change)).toMatchObject({ errno: 1062 });
    const last = await failureOf(transactional((tx) => insertRows(tx, DeadLetter, [letter('b'), twice, twice])));
    expect(last).toMatchObject({ errno: 1062 });
    expect(mayHaveCommitted(last)).toBe(false);
    expect(await count()).toBe(0);
  });

  it('ends a transaction that was sent all at once, and its connection holds nothing of it', async () => {
    const em = orm.em.fork();
    const insert = `insert into dead_letters (id, kind, job_id, payload, reason, attempts, died_at)
      values ('whole', 'k', 'j', '{}', '', 1, now(3))`;
    await expect(em.execute(together(['begin', insert, insert, 'commit']))).rejects.toMatchObject({ errno: 1062 });
    expect(await count()).toBe(0);
    const [, , rows] = await em.execute<unknown[]>(together(['begin', insert, "select 'told' as text", 'commit']));
    expect(rows).toEqual([{ text: 'told' }]);
    expect(await count()).toBe(1);
  });

  it.each([
    "select 'a'; select 2",
    "select 'it''s'; drop table nothing",
    "select 'a' /* ' */ ; select '2",
    'select 1 /*! ; select 2 */',
    withNext('select 1; select 2'),
  ])('is several without saying so: %s', async (sql) => {
    const sent = await sendsOf(async () => expect(await failureOf(orm.em.fork().execute(sql))).toBeInstanceOf(Error));
    expect(sent).toEqual([]);
  });
});
