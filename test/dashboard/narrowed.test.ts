import { expect, it, onTestFinished, vi } from 'vitest';
import { everyOrder, isLeftOut } from '../../dashboard/src/orders/narrowed.ts';
import { spanOfDays } from '../../dashboard/src/parts/moment.ts';

const order = {
  subject: '019341d2-0000-7000-8000-000000000001',
  time: new Date(2026, 10, 22, 12).toISOString(),
  data: { user_id: 1, currency: 'USD', total_amount: 60 },
};

it.each([
  [{ from: '2026-11-22', to: '2026-11-22' }, false],
  [{ from: '2026-11-23' }, true],
  [{ to: '2026-11-21' }, true],
  [{ from: 'no day', to: 'none' }, false],
  [{ q: '019341D2-00' }, false],
  [{ q: '019341d3' }, true],
  [{ q: '019' }, true],
  [{ q: 'lamp' }, true],
  [{ user_id: '1', currency: 'USD', min: '60', max: '60' }, false],
  [{ user_id: '2' }, true],
  [{ currency: 'EUR' }, true],
  [{ min: '60.01' }, true],
  [{ max: '59.99' }, true],
  [{ status: 'pending' }, false],
  [{ status: 'paid' }, false],
  [{ status: 'refunded' }, true],
])('%j leaves a new order out: %s', (asked, isOut) => {
  expect(isLeftOut({ ...everyOrder, ...asked }, order, [])).toBe(isOut);
});

it('takes an e-mail for that of the customer whose orders it has found, and for anybody’s where there are none', () => {
  const asked = { ...everyOrder, q: 'demo@example.com' };
  const found = (...listed: readonly { user_id: number }[]) => !isLeftOut(asked, order, listed);
  expect([found(), found({ user_id: 1 }), found({ user_id: 2 })]).toEqual([true, true, false]);
});

it('counts the whole of the last day, and nothing after it', () => {
  const at = (...time: readonly [number, number, number, number]) => ({
    ...order,
    time: new Date(2026, 10, 22, ...time).toISOString(),
  });
  const asked = { ...everyOrder, from: '2026-11-22', to: '2026-11-22' };
  const isIn = (...time: readonly [number, number, number, number]) => !isLeftOut(asked, at(...time), []);
  expect([isIn(0, 0, 0, -1), isIn(0, 0, 0, 0), isIn(23, 59, 59, 999), isIn(24, 0, 0, 0)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

it('counts a day of twenty-five hours to its end, where clocks go back at midnight', () => {
  vi.stubEnv('TZ', 'America/Santiago');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(spanOfDays({ from: '2025-04-05', to: '2025-04-05' })).toEqual({
    from: '2025-04-05T03:00:00.000Z',
    to: '2025-04-06T03:59:59.999Z',
  });
});
