import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiKey, Token } from '../../../src/entities/accounts.entity.ts';
import { pruneTokens } from '../../../src/jobs/accounts/prune-tokens.job.ts';
import { makeKey } from '../../support/api/personas.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const at = new Date('2026-11-22T12:00:00.000Z');
let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(() => api.ctx.orm.em.fork().nativeDelete(Token, {}));

async function logIns(count: number, expiresInMs: number): Promise<void> {
  const expiresAt = new Date(at.getTime() + expiresInMs);
  const rows = Array.from({ length: count }, () => ({
    id: randomUUID(),
    user: 1,
    hash: randomUUID(),
    createdAt: at,
    expiresAt,
  }));
  await api.ctx.orm.em.fork().insertMany(Token, rows);
}

const left = () => api.ctx.orm.em.fork().count(Token);
const prune = (ctx = api.ctx) => performJob(pruneTokens, {}, { ...ctx, now: () => at });

describe('prune-tokens', () => {
  it('deletes what has expired, to the millisecond, and nothing else', async () => {
    await logIns(3, -1);
    await logIns(1, 0);
    await logIns(2, 1);
    expect(await prune()).toEqual({ deleted: 4 });
    expect(await left()).toBe(2);
  });

  it('deletes keys that have expired, and none that ends only when somebody ends it', async () => {
    const { em } = api.ctx;
    // The clock goes on while they are made.
    const [gone, later, never] = [-60_000, 60_000, 60_000];
    for (const lastsMs of [gone, later, never])
      await makeKey(api, 1, ['orders:read'], at.getTime() - Date.now() + lastsMs);
    const [last] = await em.fork().find(ApiKey, {}, { orderBy: { id: 'desc' }, limit: 1 });
    await em.fork().nativeUpdate(ApiKey, { id: last?.id ?? '' }, { expiresAt: null });
    expect(await prune()).toEqual({ deleted: 1 });
    expect(await em.fork().count(ApiKey)).toBe(2);
  });

  it('finds nothing to do when it runs again', async () => {
    await logIns(2, -1);
    await prune();
    expect(await prune()).toEqual({ deleted: 0 });
  });

  it('deletes at most a thousand at a time, each in a transaction of its own', async () => {
    await logIns(2_001, -1);
    const remaining: number[] = [];
    const { transaction } = api.ctx;
    const counted: typeof transaction = async (work) => {
      const result = await transaction(work);
      remaining.push(await left());
      return result;
    };
    expect(await prune({ ...api.ctx, transaction: counted })).toEqual({ deleted: 2_001 });
    // The last two found no keys and no links.
    expect(remaining).toEqual([1_001, 1, 0, 0, 0]);
  });

  it('stops where it is when its time is up, and says how far it came', async () => {
    await logIns(1_001, -1);
    const attempt = { id: 'a', payload: {}, askedAtMs: 0, signal: AbortSignal.abort(), report() {} };
    expect(await pruneTokens.work(attempt, { ...api.ctx, now: () => at })).toEqual({ deleted: 0 });
    expect(await left()).toBe(1_001);
  });
});
