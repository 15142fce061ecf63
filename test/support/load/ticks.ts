import { expect } from 'vitest';
import { z } from 'zod';
import { TickSecond } from '../../../src/entities/ticks.entity.ts';
import type { Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';

const Completeness = z.object({
  covered_seconds: z.number(),
  covered_until: z.string().nullable(),
  holes: z.array(z.object({ from: z.string(), to: z.string(), seconds: z.number(), observed: z.int() })),
});

/** What the API says of a symbol's ticks in the last hour. */
export async function readCompleteness({ url }: Platform, symbol: string) {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const answer = await fetch(`${url}/market/completeness?symbol=${symbol}&from=${from}`);
  expect(answer.status).toBe(200);
  return Completeness.parse(await answer.json());
}

/** Waits until ticks are complete up to a moment. */
export async function untilCovered(platform: Platform, symbol: string, atMs: number): Promise<void> {
  await until(`${symbol} is complete`, async () => {
    const { covered_until: covered } = await readCompleteness(platform, symbol);
    return covered !== null && Date.parse(covered) > atMs ? true : undefined;
  });
}

/**
 * Holds against what the sandbox sent: each second that is in no hole has as many trades as were made in it, and as much volume, no
 * second has more; and no key had two connections at a moment. Says how much that was.
 */
export async function expectTicksWhole(platform: Platform, symbols: readonly string[]): Promise<string> {
  const { orm, sandbox } = platform;
  for (const symbol of symbols)
    await until(`${symbol} is complete for long enough to be compared`, async () =>
      (await readCompleteness(platform, symbol)).covered_seconds > 12 ? true : undefined,
    );
  const all = await sandbox.trades();
  // Of the last second or two not all may have been made.
  const lastMs = Math.max(...all.map(({ t }) => t)) - 2_000;
  const trades = all.filter(({ t }) => t < lastMs - (lastMs % 1_000));
  let [compared, published] = [0, 0];
  for (const symbol of symbols) {
    await untilCovered(platform, symbol, lastMs);
    const { holes } = await readCompleteness(platform, symbol);
    const stored = new Map(
      (await orm.em.fork().find(TickSecond, { symbol }, { disableIdentityMap: true })).map((row) => [row.began, row]),
    );
    const made = Map.groupBy(
      trades.filter(({ s }) => s === symbol),
      ({ t }) => Math.floor(t / 1_000),
    );
    const isInHole = (second: number) =>
      holes.some(({ from, to }) => Date.parse(from) < second * 1_000 + 1_000 && Date.parse(to) > second * 1_000);
    let whole = 0;
    for (const [second, some] of made) {
      const row = stored.get(second);
      const about = `${symbol} ${new Date(second * 1_000).toISOString()}`;
      expect(row?.trades ?? 0, about).toBeLessThanOrEqual(some.length);
      if (isInHole(second)) continue;
      whole += 1;
      expect(row?.trades, about).toBe(some.length);
      expect(row?.volume, about).toBeCloseTo(
        some.reduce((sum, { v }) => sum + v, 0),
        4,
      );
      expect(row?.high, about).toBe(Math.max(...some.map(({ p }) => p)));
      expect(row?.low, about).toBe(Math.min(...some.map(({ p }) => p)));
      // Of several in one millisecond any may be the first.
      const firstMs = Math.min(...some.map(({ t }) => t));
      expect(some.filter(({ t }) => t === firstMs).map(({ p }) => p)).toContain(row?.open);
    }
    expect(whole, `${symbol}: seconds compared`).toBeGreaterThanOrEqual(3);
    compared += whole;
    published += holes.length;
  }
  const connections = await sandbox.sockets();
  expectOneAtATime(connections);
  return `${trades.length} trades, ${compared} seconds compared, ${published} holes, ${connections.length} connections`;
}

/** No two connections of one key last at one moment. */
function expectOneAtATime(connections: Awaited<ReturnType<Platform['sandbox']['sockets']>>): void {
  for (const some of Map.groupBy(connections, ({ key }) => key).values()) {
    const inOrder = some.toSorted((one, other) => one.opened_at_ms - other.opened_at_ms);
    for (const [index, { opened_at_ms: openedAt }] of inOrder.entries())
      expect(inOrder[index - 1]?.closed_at_ms ?? 0).toBeLessThanOrEqual(openedAt);
  }
  expect(connections.map(({ why }) => why)).not.toContain('a second connection');
}
