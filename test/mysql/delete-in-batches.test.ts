import { MikroORM } from '@mikro-orm/mysql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { batch, deleteInBatches, type DeleteSome } from '../../src/mysql/delete-in-batches.ts';
import { ownData } from '../support/stores/servers.ts';

let orm: MikroORM;
beforeAll(async () => {
  orm = await MikroORM.init(ormOptions(readConfig(await ownData())));
  await orm.schema.ensureDatabase();
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
});

/** What deletes from so many rows, and counts how often it is asked to. */
function rows(count: number) {
  const state = { left: count, asked: 0 };
  const deleteSome: DeleteSome = async () => {
    const some = Math.min(state.left, batch);
    state.left -= some;
    state.asked += 1;
    return some;
  };
  return { state, deleteSome };
}

/** Runs the deletions, and returns how many rows are gone, in how many transactions. */
async function run(all: readonly ReturnType<typeof rows>[], signal = new AbortController().signal) {
  let transactions = 0;
  const transaction = async (work: DeleteSome) => {
    transactions += 1;
    return orm.em.fork().transactional(work);
  };
  const deletions = all.map(({ deleteSome }) => deleteSome);
  return { deleted: await deleteInBatches(deletions, { signal }, { transaction }), transactions };
}

test('each batch has a transaction of its own, and one that is not full is the last', async () => {
  const [many, none] = [rows(2 * batch + 1), rows(0)];
  expect(await run([many, none])).toEqual({ deleted: 2 * batch + 1, transactions: 4 });
  expect([many.state.asked, none.state.asked]).toEqual([3, 1]);
});

test('all goes in one run, in turns of a hundred batches that keep no other kind waiting', async () => {
  const [many, few] = [rows(250 * batch), rows(5)];
  const order: string[] = [];
  const named = (name: string, { deleteSome }: ReturnType<typeof rows>): DeleteSome => {
    return (tx) => {
      if (order.at(-1) !== name) order.push(name);
      return deleteSome(tx);
    };
  };
  const deletions = [
    { ...many, deleteSome: named('many', many) },
    { ...few, deleteSome: named('few', few) },
  ];
  expect(await run(deletions)).toEqual({ deleted: 250 * batch + 5, transactions: 252 });
  expect([many.state.left, few.state.left]).toEqual([0, 0]);
  expect(order).toEqual(['many', 'few', 'many']);
});

test('when the time is up the rest is left for the next run', async () => {
  const time = new AbortController();
  const many = rows(1_000 * batch);
  const deleteSome: DeleteSome = (tx) => {
    if (many.state.asked === 149) time.abort();
    return many.deleteSome(tx);
  };
  expect(await run([{ ...many, deleteSome }, rows(5)], time.signal)).toEqual({
    deleted: 150 * batch + 5,
    transactions: 151,
  });
});

test('nothing is begun when the time is up', async () => {
  expect(await run([rows(5)], AbortSignal.abort())).toEqual({ deleted: 0, transactions: 0 });
});
