import { expect, test } from 'vitest';
import { z } from 'zod';
import { openHours } from '../../sandbox/finnhub/hours.ts';
import { marketHolidays } from '../../sandbox/finnhub/trading-calendar.ts';
import { openMarket } from '../../sandbox/finnhub/market.ts';

const hours = openHours('exchange');
const at = (time: string) => Date.parse(time);
const seconds = (time: string) => at(time) / 1000;

test.each([
  ['a Tuesday afternoon', '2026-11-17T18:30:00Z', '2026-11-17T14:30Z', '2026-11-16T21:00Z', '2026-11-17T18:30Z'],
  ['that evening', '2026-11-18T01:00:00Z', '2026-11-17T14:30Z', '2026-11-16T21:00Z', '2026-11-17T21:00Z'],
  ['a Sunday', '2026-11-22T12:00:00Z', '2026-11-20T14:30Z', '2026-11-19T21:00Z', '2026-11-20T21:00Z'],
  ['before the opening', '2026-11-23T14:29:00Z', '2026-11-20T14:30Z', '2026-11-19T21:00Z', '2026-11-20T21:00Z'],
  ['Thanksgiving', '2026-11-26T18:00:00Z', '2026-11-25T14:30Z', '2026-11-24T21:00Z', '2026-11-25T21:00Z'],
  ['the half day after', '2026-11-27T20:00:00Z', '2026-11-27T14:30Z', '2026-11-25T21:00Z', '2026-11-27T18:00Z'],
  ['the eve of the fourth', '2025-07-03T20:00:00Z', '2025-07-03T13:30Z', '2025-07-02T20:00Z', '2025-07-03T17:00Z'],
  ['a summer morning', '2026-07-08T13:45:00Z', '2026-07-08T13:30Z', '2026-07-07T20:00Z', '2026-07-08T13:45Z'],
])('on %s the session is the right one', (_name, time, opened, closedBefore, last) => {
  const found = hours.session('Common Stock', at(time));
  expect(found).toEqual({ opened: seconds(opened), closedBefore: seconds(closedBefore), last: seconds(last) });
});

test('the holidays of a July are those that were recorded, and half a day before a fourth on a Tuesday to Friday', () => {
  const Holidays = z.object({ data: z.array(z.object({ atDate: z.string(), tradingHour: z.string() })) });
  const inJuly = (year: number) =>
    Holidays.parse(marketHolidays(at(`${year}-02-01`)))
      .data.filter(({ atDate }) => atDate.startsWith(`${year}-07`))
      .map(({ atDate, tradingHour }) => [atDate.slice(8), tradingHour]);
  const [closed, half] = ['', '09:30-13:00'];
  for (const year of [2_023, 2_024, 2_025, 2_028])
    expect([year, inJuly(year)]).toEqual([
      year,
      [
        ['04', closed],
        ['03', half],
      ],
    ]);
  expect(inJuly(2_026)).toEqual([['03', closed]]);
  expect(inJuly(2_027)).toEqual([['05', closed]]);
});

test('shares stand still while their market is closed, and coins never do', () => {
  const market = openMarket(1, hours);
  const [saturday, sunday] = [at('2026-11-21T10:00:00Z'), at('2026-11-22T10:00:00Z')];
  expect(market('AAPL', sunday)).toEqual(market('AAPL', saturday));
  expect(market('AAPL', sunday).t).toBe(seconds('2026-11-20T21:00Z'));
  expect(market('BINANCE:BTCUSDT', sunday)).not.toEqual(market('BINANCE:BTCUSDT', saturday));
  const monday = market('AAPL', at('2026-11-23T15:00:00Z'));
  expect([monday.pc, monday.t]).toEqual([market('AAPL', sunday).c, seconds('2026-11-23T15:00Z')]);
});

test.each([
  ['2026-11-20T12:00:00Z', 'pre-market', false],
  ['2026-11-20T15:00:00Z', 'regular', true],
  ['2026-11-20T22:00:00Z', 'post-market', false],
  ['2026-11-21T15:00:00Z', null, false],
])('the status at %s is %s', (time, session, isOpen) => {
  expect(hours.status(at(time))).toMatchObject({ session, isOpen, t: seconds(time) });
  expect(openHours('always').status(at(time))).toMatchObject({ session: 'regular', isOpen: true });
});
