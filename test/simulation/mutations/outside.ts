import type { Mutation } from './mutation.ts';

/** Guards of the budget, of webhooks and of the socket's lease. */
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
    edits: [['await putBack(redis, { log: keys.log, windowMs: guardedMs }, log);', '']],
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
    edits: [["if wait == 0 then\n  redis.call('ZADD', log,", "if false then\n  redis.call('ZADD', log,"]],
    by: 'budget',
  },
  {
    what: 'a call of which nobody hears counts from when it was let go',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [['now + arrives_ms, id', 'now, id']],
    by: 'test/gateways/finnhub/budget.test.ts',
  },
  {
    what: 'windows are as long as the plan says, and no longer',
    file: 'src/gateways/finnhub/budget.ts',
    edits: [['const guardedMs = windowMs + Math.ceil(windowMs / 120);', 'const guardedMs = windowMs;']],
    by: 'test/gateways/finnhub/budget.test.ts',
  },
  {
    what: 'a second takes as many calls as the plan says',
    file: 'src/gateways/finnhub/budget.ts',
    edits: [['Math.max(1, Math.floor((perSecond * 5) / 6))', 'perSecond']],
    by: 'test/gateways/finnhub/budget.test.ts',
  },
  {
    what: 'several call at once after a loss',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [
      ["if wait == 0 and not current and not redis.call('SET', probe, id, 'NX', 'PX', probe_ms) then", 'if false then'],
    ],
    by: 'test/gateways/finnhub/budget.test.ts',
  },
  {
    what: 'a grant is used however old it is',
    file: 'src/gateways/finnhub/budget.ts',
    edits: [['if (performance.now() - grant.askedAtMs < voidAfterMs) return true;', 'if (grant) return true;']],
    by: 'test/gateways/finnhub/budget.test.ts',
  },
  {
    what: 'a refusal of the provider rests nobody',
    file: 'src/gateways/finnhub/budget/take.lua',
    edits: [['  rest_ms(rest),\n', '']],
    by: 'test/gateways/finnhub/budget-lanes.test.ts',
  },
  {
    what: 'a lease of a socket is kept by whoever had it before',
    file: 'src/market/ticks/lease.ts',
    edits: [
      [
        'interval ${leaseSeconds} second where name = ? and fence = ?`,\n        [name, fence],',
        'interval ${leaseSeconds} second where name = ?`,\n        [name],',
      ],
    ],
    by: 'test/market/ticks/lease.test.ts',
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
    what: 'the cursor moves on wherever it stands',
    file: 'src/webhooks/route-events.ts',
    edits: [['{ id: 1, position: routed }, { position })) === 0)', '{ id: 1 }, { position })) === 0)']],
    by: 'test/webhooks/route-events.test.ts',
  },
  {
    what: 'an endpoint whose worker is gone is left alone',
    file: 'src/webhooks/claim.ts',
    edits: [['interval ${leaseSeconds} second, again = 0', 'interval 1 day, again = 0']],
    by: 'webhooks',
  },
  {
    what: 'a worker is told that nothing waits, whether or not something does',
    file: 'src/jobs/shards/take-sign/take-sign.lua',
    edits: [['if left > 0 then return 0 end', '']],
    by: 'test/jobs/shards/take-sign.test.ts',
  },
  {
    what: 'an attempt that is cut off because its process ends is a failure',
    file: 'src/workers/run-queue.ts',
    edits: [['if (stop?.aborted && !(error instanceof GiveUp)) {', 'if (stop === null) {']],
    by: 'test/workers/cut-off.test.ts',
  },
  {
    what: 'an API that ends cuts off who reads slowly',
    file: 'src/api/end-server.ts',
    edits: [['if (isInTime && isRead()) server', 'if (isInTime) server']],
    by: 'test/api/http/end-server.test.ts',
  },
  {
    what: 'an API that ends cuts off who has asked while it was busy',
    file: 'src/api/end-server.ts',
    edits: [['if (isInTime && isRead()) server', 'if (isRead()) server']],
    by: 'test/api/http/end-server.test.ts',
  },
  {
    what: 'an API that ends cuts off who has not come to it yet',
    file: 'src/api/end-server.ts',
    edits: [['await Promise.race([allAccepted(server), late]);', '']],
    by: 'test/api/http/end-server.test.ts',
  },
  {
    what: 'a breaker counts calls that the end of a process cuts off',
    file: 'src/gateways/http/outage.ts',
    edits: [['if (isShutDown(signal)) throw error;', '']],
    by: 'test/gateways/http/noted.test.ts',
  },
  {
    what: 'a shard whose wait has ended is not waited for while the worker asks',
    file: 'src/jobs/shards/waits.ts',
    edits: [['if (asking && !isOver && !hasFailed) void wait(shard);', '']],
    by: 'test/jobs/shards/waits.test.ts',
  },
  {
    what: 'a statement that its server works on is cut off',
    file: 'src/mysql/server.ts',
    edits: [["if (command !== 'Sleep') {", 'if (command === undefined) {']],
    by: 'test/mysql/lost-sessions.test.ts',
  },
];
