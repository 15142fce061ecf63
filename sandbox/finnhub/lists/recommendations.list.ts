import { chance, seedOf } from '../../chance.ts';
import type { CompanyList } from '../company-lists.ts';

/** What analysts recommend: the last four months, newest first. */
export const recommendations: CompanyList = {
  endpoint: '/stock/recommendation',
  of({ symbol }, { seed, nowMs }) {
    const now = new Date(nowMs);
    return [0, 1, 2, 3].map((ago) => {
      const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, 1);
      const count = (salt: number, most: number) =>
        Math.floor(chance(seed ^ seedOf(symbol), month / 86_400_000, salt) * most);
      return {
        buy: 15 + count(1, 12),
        hold: 8 + count(2, 9),
        period: new Date(month).toISOString().slice(0, 10),
        sell: count(3, 4),
        strongBuy: 8 + count(4, 8),
        strongSell: count(5, 2),
        symbol,
      };
    });
  },
  ofNone: [],
};
