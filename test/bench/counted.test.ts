import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Miscounted, expectExact } from '../../bench/measures/drain.ts';
import { expectServed, herdOf } from '../../bench/measures/herd.ts';
import type { Tally } from '../../bench/sides/side.ts';

const readers = 20;

describe('a herd', () => {
  // The first path is always served, the second every other time.
  let asked = 0;
  const server = createServer((request, answer) => {
    asked += 1;
    answer.writeHead(request.url === '/served' || asked % 2 === 0 ? 200 : 202).end('{}');
  });
  beforeAll(() => new Promise<void>((done) => void server.listen(0, '127.0.0.1', done)));
  afterAll(() => void server.close());

  const herdAt = (path: string) => {
    const address = server.address();
    const port = address && typeof address === 'object' ? address.port : 0;
    const quote = () => ({ method: 'GET' as const, path, headers: {}, keyed: 0 });
    const upstream = { url: '', calls: () => 1, close: () => {} };
    return herdOf({ upstream }, { name: 'a side', urls: [`http://127.0.0.1:${port}`], quote }, 'AAPL', readers);
  };

  it('that was served counts', async () => {
    const herd = await herdAt('/served');
    expect(herd).toMatchObject({ good: readers, answers: { 200: readers } });
    expect(() => expectServed(herd, readers)).not.toThrow();
  });

  it('half of which was told to come again says nothing about speed', async () => {
    const herd = await herdAt('/half');
    expect(herd.answers).toEqual({ 200: readers / 2, 202: readers / 2 });
    expect(() => expectServed(herd, readers)).toThrow(Miscounted);
  });
});

describe('orders of a round', () => {
  const none: Tally = { orders: 0, paid: 0, charged: 0, announced: 0 };
  const all: Tally = { orders: 9, paid: 9, charged: 9, announced: 9 };
  const count = (after: Tally, answers: Record<string, number>) => () =>
    expectExact({ name: 'a side' }, none, after, { good: answers[201] ?? 0, answers });

  it('count where each was paid, charged and announced once', () => {
    expect(count(all, { 201: 9 })).not.toThrow();
  });

  it.each(['orders', 'paid', 'charged', 'announced'] as const)('do not where one too many is %s', (what) => {
    expect(count({ ...all, [what]: 10 }, { 201: 9 })).toThrow(Miscounted);
  });

  it('do not where somebody was not told that it was accepted', () => {
    expect(count(all, { 201: 9, 503: 1 })).toThrow(Miscounted);
  });
});
