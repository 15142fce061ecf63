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
