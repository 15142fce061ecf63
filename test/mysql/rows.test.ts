import { randomUUID } from 'node:crypto';
import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { DeadLetter } from '../../src/entities/ops.entity.ts';
import { deleteBefore } from '../../src/mysql/delete-in-batches.ts';
import { insertRows, notNull, selectRow, selectRows, updateEach, updateRows } from '../../src/mysql/rows.ts';
import { createDatabase } from '../support/stores/create-database.ts';
import { ownData } from '../support/stores/servers.ts';

let orm: MikroORM;
let em: EntityManager;
beforeAll(async () => {
  orm = await createDatabase(readConfig(await ownData()));
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
});
beforeEach(async () => {
  em = orm.em.fork();
  await em.nativeDelete(DeadLetter, {});
});

const letter = (jobId: string, diedAt = '2026-11-22T10:00:00.123Z') => ({
  id: randomUUID(),
  kind: 'charge-order',
  jobId,
  payload: '{"say":"it\'s \\"so\\""}',
  reason: 'ä \\ ` ?',
  attempts: 3,
  diedAt: new Date(diedAt),
});

test('a row is read as it was written, and as the entity manager reads it', async () => {
  const written = letter('a');
  await insertRows(em, DeadLetter, [written, letter('b')]);
  const row = await selectRow(em, DeadLetter, { jobId: 'a' });
  expect(row).toEqual({ ...written, replayedAt: null, replayJobId: null });
  expect({ ...(await em.findOne(DeadLetter, { jobId: 'a' })) }).toEqual(row);
  expect(await selectRow(em, DeadLetter, { jobId: 'c' })).toBeUndefined();
});

test('several rows come in the order of what they are asked for by; those that there are', async () => {
  await insertRows(
    em,
    DeadLetter,
    ['c', 'a', 'b'].map((id) => letter(id)),
  );
  const rows = await selectRows(em, DeadLetter, 'jobId', ['c', 'x', 'a']);
  expect(rows.map(({ jobId }) => jobId)).toEqual(['a', 'c']);
  expect(await selectRows(em, DeadLetter, 'jobId', [])).toEqual([]);
});

test('an update says how many rows were as its guard says, also where it changes nothing', async () => {
  const [one, other] = [letter('a'), letter('b')];
  await insertRows(em, DeadLetter, [one, other]);
  expect(await updateRows(em, DeadLetter, { kind: 'charge-order', replayedAt: null }, { attempts: 3 })).toBe(2);
  expect(await updateRows(em, DeadLetter, { id: one.id }, { replayedAt: one.diedAt })).toBe(1);
  expect(await updateRows(em, DeadLetter, { id: one.id, replayedAt: null }, { attempts: 9 })).toBe(0);
  expect(await selectRow(em, DeadLetter, { id: one.id })).toMatchObject({ attempts: 3, replayedAt: one.diedAt });
});

test('an update of many rows gives each its own values, and leaves those that are not as the guard says', async () => {
  const [one, other, third] = [letter('a'), letter('b'), letter('c')];
  await insertRows(em, DeadLetter, [one, other, { ...third, reason: 'stays' }]);
  await updateRows(em, DeadLetter, { id: third.id }, { replayedAt: third.diedAt });
  const rows = [one, other, third].map(({ id, jobId }) => ({ id, set: { reason: `${jobId}!`, attempts: 7 } }));
  expect(await updateEach(em, DeadLetter, rows, { replayedAt: null })).toBe(2);
  const found = await selectRows(em, DeadLetter, 'jobId', ['a', 'b', 'c']);
  expect(found.map(({ reason, attempts }) => [reason, attempts])).toEqual([
    ['a!', 7],
    ['b!', 7],
    ['stays', 3],
  ]);
  expect(await updateEach(em, DeadLetter, rows, { replayedAt: notNull })).toBe(1);
  expect(await updateEach(em, DeadLetter, [])).toBe(0);
});

test('a property that the entity does not have is refused before anything is asked', async () => {
  const wrong: object = { jobid: 'a' };
  await expect(selectRow(em, DeadLetter, wrong)).rejects.toThrow(`dead_letters has no property 'jobid'`);
});

test('what is old is deleted by its time, and nothing else', async () => {
  await insertRows(em, DeadLetter, [letter('old', '2026-01-01T00:00:00Z'), letter('new')]);
  expect(await deleteBefore('dead_letters', 'died_at', new Date('2026-11-22T10:00:00.123Z'))(em)).toBe(1);
  expect(await em.find(DeadLetter, {})).toMatchObject([{ jobId: 'new' }]);
});
