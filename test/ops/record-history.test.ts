import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { QueueMinute } from '../../src/entities/ops.entity.ts';
import { type EndedJob, openHistoryRecorder } from '../../src/ops/record-history.ts';
import { readHistory } from '../../src/ops/read-history.ts';
import { CommitUnknown, type Transaction } from '../../src/outbox/transaction.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { statementsOf } from '../support/stores/statements.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(() => em().nativeDelete(QueueMinute, {}));

const em = () => api.ctx.orm.em.fork();
const minute = Date.parse('2026-03-01T10:07:00.000Z');
const ended = (tookMs: number, { queue = 'payments', isDone = true, after = 0 } = {}): EndedJob => ({
  queue,
  isDone,
  tookMs,
  endedAtMs: minute + after,
});
const hour = { from: new Date('2026-03-01T10:00:00Z'), to: new Date('2026-03-01T10:59:59Z') };
const read = (queue = 'payments') => readHistory(em(), { queue, by: 'minute', ...hour });

describe('what ends in workers', () => {
  it('is summed over all of them, by the minute, however they write at once', async () => {
    const recorders = Array.from({ length: 4 }, () => openHistoryRecorder(api.ctx));
    for (let round = 0; round < 5; round += 1) {
      for (const { note } of recorders) {
        for (const tookMs of [2, 40, 900]) note(ended(tookMs));
        note(ended(5_000, { isDone: false, after: 59_999 }));
        note(ended(7, { queue: 'finnhub' }));
        note(ended(7, { after: 60_000 }));
      }
      await Promise.all(recorders.map(({ write }) => write()));
    }
    const { data, total } = await read();
    expect(data).toHaveLength(60);
    expect(data[7]).toMatchObject({ at: '2026-03-01T10:07:00.000Z', done: 60, failed: 20 });
    expect(data[8]).toMatchObject({ done: 20, failed: 0 });
    expect(total).toMatchObject({ done: 80, failed: 20 });
    expect(data[7]?.p50).toBeCloseTo(0.04, 2);
    expect(data[7]?.p99).toBeGreaterThan(4.5);
    expect(data[0]).toEqual({ at: '2026-03-01T10:00:00.000Z', done: 0, failed: 0, p50: null, p95: null, p99: null });
    expect((await read('finnhub')).total).toMatchObject({ done: 20, failed: 0 });
  });

  it('is written in one statement of all queues, and not at all when nothing ended', async () => {
    const { note, write } = openHistoryRecorder(api.ctx);
    for (const queue of ['payments', 'finnhub', 'catalog'])
      for (const tookMs of [1, 10, 100, 1_000]) note(ended(tookMs, { queue }));
    expect((await statementsOf(write)).filter((one) => one.startsWith('insert'))).toEqual(['insert queue_minutes']);
    expect(await statementsOf(write)).toEqual([]);
  });

  it('is kept while it cannot be written, and written once it can', async () => {
    let isAway = true;
    const transaction: Transaction = (work) =>
      isAway ? Promise.reject(new Error('MySQL is away')) : api.ctx.transaction(work);
    const { note, write } = openHistoryRecorder({ ...api.ctx, transaction });
    note(ended(10));
    await write();
    note(ended(10));
    isAway = false;
    await write();
    await write();
    expect((await read()).total).toMatchObject({ done: 2 });
  });

  it('is not written again when it may have been', async () => {
    let isLost = true;
    const transaction: Transaction = async (work) => {
      const result = await api.ctx.transaction(work);
      if (isLost) throw new CommitUnknown('lost');
      return result;
    };
    const { note, write } = openHistoryRecorder({ ...api.ctx, transaction });
    note(ended(10));
    await write();
    isLost = false;
    await write();
    expect((await read()).total).toMatchObject({ done: 1 });
  });

  it('takes a bounded place while nothing can be written: the oldest are forgotten', async () => {
    const { note, write } = openHistoryRecorder(api.ctx);
    for (let count = 0; count < 5_010; count += 1) note(ended(1, { queue: `queue ${count}` }));
    await write();
    expect(await em().count(QueueMinute, {})).toBe(5_000);
    expect(await em().count(QueueMinute, { queue: 'queue 9' })).toBe(0);
    expect(await em().count(QueueMinute, { queue: 'queue 10' })).toBe(1);
  });

  it('is told hour by hour of days as well', async () => {
    const { note, write } = openHistoryRecorder(api.ctx);
    for (const after of [-60_000 * 8, 0, 60_000, 3_600_000]) note(ended(20, { after }));
    await write();
    const day = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-03-01T23:00:00Z') };
    const { data, total } = await readHistory(em(), { queue: 'payments', by: 'hour', ...day });
    expect(data.map(({ done }) => done)).toEqual([...Array(9).fill(0), 1, 2, 1, ...Array(12).fill(0)]);
    expect(total.done).toBe(4);
  });
});
