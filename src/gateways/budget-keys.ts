import { createHash } from 'node:crypto';

/** The key and what its plan allows; `reserved` is the part, from 0 to 1, of both windows that is kept for people. */
export type BudgetLimits = Readonly<{
  key: string;
  perWindow: number;
  windowMs: number;
  perSecond: number;
  reserved?: number;
}>;

/** Where Redis keeps the budget of a key, which is itself kept nowhere: all in one slot of a cluster. */
export function budgetKeys(key: string) {
  const tag = `{finnhub:${createHash('sha256').update(key).digest('hex').slice(0, 8)}}`;
  return {
    log: `${tag}:log`,
    epoch: `${tag}:epoch`,
    probe: `${tag}:probe`,
    since: `${tag}:since`,
    people: `${tag}:people`,
    waiting: `${tag}:waiting`,
    pace: `${tag}:pace`,
    rest: `${tag}:rest`,
    refused: `${tag}:refused`,
    /** To be followed by the name of a call. */
    outside: `${tag}:outside:`,
  } as const;
}
