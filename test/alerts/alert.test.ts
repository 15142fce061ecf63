import { expect, test } from 'vitest';
import { type AlertState, judge, moveIn, wakes } from '../../src/alerts/alert.ts';
import { firedBy, wanderingPrices, wishes } from '../support/load/alerts-recomputed.ts';
import { seeded } from '../support/seeded.ts';

const kinds = ['above', 'below', 'percent'] as const;

/** Any alert, as it may stand. */
function anyState(random: () => number): AlertState {
  const kind = kinds[Math.floor(random() * kinds.length)] ?? 'above';
  const reference = kind === 'percent' && random() < 0.9 ? Math.exp(random() * 40 - 20) : null;
  const threshold = kind === 'percent' ? 0.01 + random() * 200 : Math.exp(random() * 40 - 20);
  return { kind, threshold, isOnce: random() < 0.5, reference, isArmed: random() < 0.5, isOver: random() < 0.1 };
}

test('no price between the bounds that wake an alert changes anything about it', () => {
  const random = seeded(7);
  let changed = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const state = anyState(random);
    const near = state.reference ?? state.threshold;
    const price = near * (1 + (random() - 0.5) * (random() < 0.5 ? 4 : 0.01));
    const { state: next, fires } = judge(state, Math.abs(price));
    const isSame = !fires && JSON.stringify(next) === JSON.stringify(state);
    const { wakeHigh, wakeLow } = wakes(state);
    const isWoken =
      (wakeHigh !== null && Math.abs(price) >= wakeHigh) || (wakeLow !== null && Math.abs(price) <= wakeLow);
    if (!isSame) changed += 1;
    if (!isSame) expect(isWoken, JSON.stringify({ state, price })).toBe(true);
  }
  expect(changed).toBeGreaterThan(1_000);
});

test('what fires is what a recomputation in whole cents says', () => {
  const prices = wanderingPrices('S1', 3_000, 0);
  // Those that come too late are left out before an alert sees them.
  const inTime = prices.filter(({ asOfMs }, index) => prices.slice(0, index).every((one) => one.asOfMs <= asOfMs));
  let count = 0;
  for (const wish of wishes(['S1'], 120)) {
    const threshold = wish.kind === 'percent' ? wish.level : wish.level / 100;
    let state: AlertState = {
      kind: wish.kind,
      threshold,
      isOnce: wish.once,
      reference: null,
      isArmed: true,
      isOver: false,
    };
    const fired: number[] = [];
    for (const { cents } of inTime) {
      const judged = judge(state, cents / 100);
      if (judged.fires) fired.push(cents);
      ({ state } = judged);
    }
    expect(fired, JSON.stringify(wish)).toEqual(firedBy(wish, prices));
    count += fired.length;
  }
  expect(count).toBeGreaterThan(500);
});

test('a move is what people would say it is, whatever floating point makes of it', () => {
  expect([moveIn(1, 0.9), moveIn(100, 110), moveIn(3, 2.7)]).toEqual([-10, 10, -10]);
});
