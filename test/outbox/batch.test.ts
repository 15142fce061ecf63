import { AsyncLocalStorage } from 'node:async_hooks';
import { MikroORM } from '@mikro-orm/mysql';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ormOptions } from '../../src/entities/orm-options.ts';
import { standStill } from '../support/processes/stand-still.ts';
import { ownData } from '../support/stores/servers.ts';
import { type BatchWork, openBatch } from '../../src/outbox/batch.ts';
import { CommitUnknown, type Transaction, TransactionTimeout } from '../../src/outbox/transaction.ts';

const limits = { name: 'test', members: 100 };
// It connects when something is said to it, which nobody does here.
const orm = await MikroORM.init(ormOptions(readConfig(await ownData())));
afterAll(() => orm.close(true));

/** Batches whose transactions are noted; `commit` is asked before each ends. */
function batches(commit: (members: readonly string[]) => Promise<void> | void = () => {}) {
  const committed: string[][] = [];
  const begun: string[][] = [];
  let members: readonly string[] = [];
  const transaction: Transaction = async (work) => {
    const result = await work(orm.em, { enqueue: () => '', publish: () => {} });
    const mine = members;
    await commit(mine);
    committed.push([...mine]);
    return result;
  };
  const work: BatchWork<string, string> = async (_tx, _after, all) => {
    members = all.map(({ given }) => given);
    begun.push([...members]);
    return all.map(({ given }) => (given.startsWith('refused') ? new Error(given) : `done ${given}`));
  };
  return { transaction, work, committed, begun };
}

const settled = (promises: readonly Promise<string>[]) =>
  Promise.allSettled(promises).then((all) =>
    all.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason))),
  );

describe('a batch', () => {
  it('is of one when one comes alone, and of all that came while it was committed', async () => {
    const first = Promise.withResolvers<void>();
    const { transaction, work, committed } = batches((members) => (members[0] === 'a' ? first.promise : undefined));
    const batch = openBatch(transaction, work, limits);
    const alone = batch('a');
    await new Promise((resolve) => setImmediate(resolve));
    const others = ['b', 'c', 'd'].map(batch);
    first.resolve();
    expect(await alone).toBe('done a');
    expect(await settled(others)).toEqual(['done b', 'done c', 'done d']);
    expect(committed).toEqual([['a'], ['b', 'c', 'd']]);
    expect(await batch('e')).toBe('done e');
    expect(committed).toHaveLength(3);
  });

  it('has an outcome for each: a refusal of one is its own', async () => {
    const { transaction, work, committed } = batches();
    const batch = openBatch(transaction, work, limits);
    expect(await settled(['a', 'refused b', 'c'].map(batch))).toEqual(['done a', 'Error: refused b', 'done c']);
    expect(committed).toEqual([['a', 'refused b', 'c']]);
  });

  it('is halved until the one that poisons it is alone', async () => {
    const poisoned = (members: readonly string[]) => {
      if (members.includes('poison')) throw new Error('Duplicate entry');
    };
    const { transaction, work, committed, begun } = batches(poisoned);
    const batch = openBatch(transaction, work, limits);
    const all = ['a', 'b', 'c', 'poison', 'd', 'e', 'f', 'g'];
    const outcomes = all.map((one) => (one === 'poison' ? 'Error: Duplicate entry' : `done ${one}`));
    expect(await settled(all.map(batch))).toEqual(outcomes);
    expect(committed.flat().toSorted()).toEqual(all.filter((one) => one !== 'poison').toSorted());
    expect(begun.length).toBeLessThanOrEqual(7);
  });

  it.each([
    new CommitUnknown('lost while committing'),
    new TransactionTimeout('MySQL did not finish'),
    Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
  ])('whose end concerns all of it is not tried again in halves: %s', async (error) => {
    const { transaction, work, begun } = batches(() => {
      throw error;
    });
    const batch = openBatch(transaction, work, limits);
    expect(await settled(['a', 'b', 'c'].map(batch))).toEqual([error, error, error].map(String));
    expect(begun).toEqual([['a', 'b', 'c']]);
  });

  it('holds so many members, and so much of what they weigh; one that is heavier goes alone', async () => {
    const { transaction, work, committed } = batches();
    const batch = openBatch(transaction, work, { name: 'test', members: 3, weight: 5, weigh: (given) => given.length });
    await settled(['a', 'b', 'c', 'd', 'eeee', 'ff', 'ggggggg', 'h'].map(batch));
    expect(committed).toEqual([['a', 'b', 'c'], ['d', 'eeee'], ['ff'], ['ggggggg'], ['h']]);
  });

  it('commits nothing that does not say what became of each', async () => {
    const { transaction, work, committed } = batches();
    const short: typeof work = async (...given) =>
      (await work(...given)).slice(0, given[2].length > 1 ? -1 : undefined);
    const batch = openBatch(transaction, short, limits);
    expect(await settled(['a', 'b', 'c'].map(batch))).toEqual(['done a', 'done b', 'done c']);
    expect(committed).toEqual([['a'], ['b'], ['c']]);
  });

  it('refuses newcomers while somebody has waited for too long, and nobody else', async () => {
    let now = 0;
    const first = Promise.withResolvers<void>();
    const { transaction, work, committed } = batches((members) => (members[0] === 'a' ? first.promise : undefined));
    const batch = openBatch(transaction, work, { ...limits, waitMs: 1_000 }, () => ({
      elapsedMs: () => now,
      close: () => undefined,
    }));
    const alone = batch('a');
    await new Promise((resolve) => setImmediate(resolve));
    // Nobody waits but for what is being committed.
    now = 5_000;
    const waiting = [batch('b')];
    now = 6_000;
    waiting.push(batch('c'));
    now = 6_001;
    await expect(batch('d')).rejects.toMatchObject({ code: 'overloaded', headers: { 'retry-after': '1' } });
    first.resolve();
    expect(await settled([alone, ...waiting])).toEqual(['done a', 'done b', 'done c']);
    expect(await batch('e')).toBe('done e');
    expect(committed).toEqual([['a'], ['b', 'c'], ['e']]);
  });

  it('refuses nobody because this process stood still while somebody waited', async () => {
    const first = Promise.withResolvers<void>();
    const { transaction, work } = batches((members) => (members[0] === 'a' ? first.promise : undefined));
    const batch = openBatch(transaction, work, { ...limits, waitMs: 3_000 });
    const all = [batch('a')];
    await new Promise((resolve) => setImmediate(resolve));
    all.push(batch('b'));
    await standStill(4_000);
    all.push(batch('c'));
    first.resolve();
    expect(await settled(all)).toEqual(['done a', 'done b', 'done c']);
  });

  it('does what concerns one member alone in its own context', async () => {
    const context = new AsyncLocalStorage<string>();
    const { transaction } = batches();
    const work: BatchWork<string, string> = async (_tx, _after, members) =>
      members.map(({ within }) => within(() => context.getStore() ?? 'nobody'));
    const batch = openBatch(transaction, work, limits);
    const asked = ['Ada', 'Eve'].map((name) => context.run(name, () => batch(name)));
    expect(await settled(asked)).toEqual(['Ada', 'Eve']);
  });
});
