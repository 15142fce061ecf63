import type { Mutation } from './mutation.ts';

/** Guards of the budget and of webhooks. */
export const outside: readonly Mutation[] = [
  {
    what: 'the window is not counted',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [['  wait_for(in_window, per_window, window_ms),\n', '']],
    by: 'budget',
  },
  {
    what: 'the second is not counted',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [['  wait_for(in_second, per_second, 1000)\n)\nif not current', '  0\n)\nif not current']],
    by: 'budget',
  },
  {
    what: 'what was lost is not put back',
    file: 'src/gateways/finnhub/budget-memory.ts',
    edits: [['if (log.length > 0) await restore(redis,', 'if (log.length < 0) await restore(redis,']],
    by: 'budget',
  },
  {
    what: 'nobody is waited for after a loss',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [["tonumber(redis.call('GET', since) or 0) + hold_ms - now", '0 - now']],
    by: 'budget',
  },
  {
    what: 'what the provider has counted is not entered',
    file: 'src/gateways/finnhub/budget/hear.lua',
    edits: [
      ["for i = redis.call('ZCARD', log) + 1, used do redis.call('ZADD', log, now, new_epoch .. ':' .. i) end", ''],
    ],
    by: 'budget',
  },
  {
    what: 'a grant is not entered',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [
      ["if wait == 0 then\n  redis.call('ZADD', log, now, id)", "if false then\n  redis.call('ZADD', log, now, id)"],
    ],
    by: 'budget',
  },
  {
    what: 'an endpoint is claimed while another works for it',
    file: 'src/webhooks/claim.ts',
    edits: [['and (claim is null or wake_at <= utc_timestamp(3))', '']],
    by: 'test/jobs/webhooks/deliver-webhooks.job.test.ts',
  },
  {
    what: 'what follows a failure is told all the same',
    file: 'src/webhooks/round.ts',
    edits: [['if (!isTaken(one)) break;', '']],
    by: 'webhooks',
  },
  {
    what: 'a subject goes on while an event of it waits',
    file: 'src/webhooks/round.ts',
    edits: [["await find('waiting', mostDeliveries, restingSubjects)", "await find('waiting', mostDeliveries)"]],
    by: 'webhooks',
  },
  {
    what: 'a round is told in whatever order',
    file: 'src/webhooks/round.ts',
    edits: [
      [
        'toSorted((one, other) => one.position - other.position)',
        'toSorted((one, other) => other.position - one.position)',
      ],
    ],
    by: 'webhooks',
  },
  {
    what: 'an event is left out of what is to be told',
    file: 'src/webhooks/route-events.ts',
    edits: [['await addDeliveries(tx, deliveries, now());', 'await addDeliveries(tx, deliveries.slice(1), now());']],
    by: 'webhooks',
  },
  {
    what: 'an endpoint whose worker is gone is left alone',
    file: 'src/webhooks/claim.ts',
    edits: [['interval ${leaseSeconds} second, again = 0', 'interval 1 day, again = 0']],
    by: 'webhooks',
  },
];
