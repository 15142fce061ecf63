import type { EntityManager } from '@mikro-orm/mysql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SocketLease, TickSecond } from '../../../src/entities/ticks.entity.ts';
import { openGathering } from '../../../src/market/ticks/gather.ts';
import { claimLease, leaseName, LeaseLost, leaseSeconds } from '../../../src/market/ticks/lease.ts';
import { addTicks } from '../../../src/market/ticks/store-ticks.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const em = () => api.ctx.orm.em.fork();
const pass = (name: string) => em().nativeUpdate(SocketLease, { name }, { expiresAt: new Date(0) });

it('has one holder of all who ask at once, and does not tell the key', async () => {
  const name = leaseName('wss://socket', 'the-key');
  expect(name).not.toContain('key');
  expect(leaseName('wss://socket', 'another')).not.toBe(name);
  const asked = await Promise.all(Array.from({ length: 8 }, () => claimLease(name, api.ctx).catch(() => undefined)));
  const holders = asked.filter((lease) => lease !== undefined);
  expect(holders.map(({ fence }) => fence)).toEqual([1]);
  expect(await claimLease(name, api.ctx)).toBeUndefined();
  await holders[0]?.release();
  expect((await claimLease(name, api.ctx))?.fence).toBe(2);
});

it('ends in time, also when it began on a clock of MySQL’s that was ahead; whoever holds it keeps it', async () => {
  const lease = await claimLease('ahead', api.ctx);
  const leftOf = async () => {
    const sql = `select timestampdiff(second, utc_timestamp(3), expires_at) as seconds from socket_leases where name = 'ahead'`;
    const [row] = await em().execute<{ seconds: number }[]>(sql);
    return Number(row?.seconds);
  };
  await em().execute(`update socket_leases set expires_at = utc_timestamp(3) + interval 1 hour where name = 'ahead'`);
  expect(await claimLease('ahead', api.ctx)).toBeUndefined();
  expect(await leftOf()).toBeLessThanOrEqual(leaseSeconds);
  await api.ctx.transaction(async (tx) => lease?.keep(tx));
  await pass('ahead');
  expect((await claimLease('ahead', api.ctx))?.fence).toBe(2);
});

it('is over by the holder’s own clock before anybody else can have it', async () => {
  let elapsedMs = 0;
  const lease = await claimLease('clock', { ...api.ctx, elapsedMs: () => elapsedMs });
  expect(lease?.isHeld()).toBe(true);
  elapsedMs = leaseSeconds * 1_000 - 2_000;
  expect(lease?.isHeld()).toBe(false);
  lease?.noteKept(elapsedMs);
  expect(lease?.isHeld()).toBe(true);
});

it('keeps whoever held it before from writing anything, and from letting it go', async () => {
  const frozen = await claimLease('fence', api.ctx);
  await pass('fence');
  const other = await claimLease('fence', api.ctx);
  expect(other?.fence).toBe((frozen?.fence ?? 0) + 1);
  const gathering = openGathering();
  gathering.add([{ symbol: 'FENCED', price: 1, volume: 1, atMs: Date.now() }], 'frame');
  const { 1: bars } = gathering.take();
  const write = (lease: typeof frozen) =>
    api.ctx.transaction(async (tx) => {
      await lease?.keep(tx);
      await addTicks(tx, 1, bars);
    });
  await expect(write(frozen)).rejects.toThrow(LeaseLost);
  expect(await em().count(TickSecond, { symbol: 'FENCED' })).toBe(0);
  await frozen?.release();
  expect(await claimLease('fence', api.ctx)).toBeUndefined();
  await write(other);
  expect(await em().count(TickSecond, { symbol: 'FENCED' })).toBe(1);
});

it('is not taken from a holder that keeps it after the other has read that it is free', async () => {
  const holder = await claimLease('late', api.ctx);
  await pass('late');
  const keepLate = () => api.ctx.transaction(async (tx) => holder?.keep(tx));
  const other = await claimLease('late', {
    ...api.ctx,
    transaction: (work) => api.ctx.transaction((tx, after) => work(afterItsFirst(tx, keepLate), after)),
  });
  expect(other).toBeUndefined();
  await api.ctx.transaction(async (tx) => holder?.keep(tx));
});

/** The same transaction, in which something else happens once its first statement has been answered. */
function afterItsFirst(tx: EntityManager, happens: () => Promise<void>): EntityManager {
  let isFirst = true;
  return new Proxy(tx, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target);
      if (name !== 'execute') return own;
      return async (...args: Parameters<EntityManager['execute']>) => {
        const rows = await target.execute(...args);
        if (isFirst) await happens();
        isFirst = false;
        return rows;
      };
    },
  });
}
