import type { Mutation } from './mutation.ts';

/** Guards of transactions, batches, relay and streams. */
export const outbox: readonly Mutation[] = [
  {
    what: 'a COMMIT whose answer is lost counts as one that failed',
    file: 'src/outbox/transaction.ts',
    edits: [['if (isCommitting && mayHaveCommitted(error))', 'if (isCommitting && !mayHaveCommitted(error))']],
    by: 'outbox',
  },
  {
    what: 'the relay hears of messages before their COMMIT',
    file: 'src/outbox/transaction.ts',
    edits: [
      ['    relay.notify(committed);\n', ''],
      [
        'collectMessages(now, mint, relay.isBehind()), work)',
        'collectMessages(now, mint, relay.isBehind()), work, relay)',
      ],
      [
        '=> Promise<T>,\n) {\n  let isCommitting',
        "=> Promise<T>,\n  relay: Pick<Relay, 'notify'>,\n) {\n  let isCommitting",
      ],
      [
        '      isCommitting = true;\n',
        '      isCommitting = true;\n      relay.notify({ jobs: written.jobs, events: written.events });\n',
      ],
    ],
    by: 'outbox',
  },
  {
    what: 'positions are given whether or not the end has moved and the events have some',
    file: 'src/outbox/number-events.ts',
    edits: [['where n.id = 1 and n.position = ${last} and e.position is null`', 'where n.id = 1`']],
    by: 'outbox',
  },
  {
    what: 'whoever is slower than all others looks again for ever',
    file: 'src/outbox/number-events.ts',
    edits: [['if (tries < mostTries) continue;', 'if (tries > 0) continue;']],
    by: 'test/outbox/number-events.test.ts',
  },
  {
    what: 'positions are given whether or not the end has moved for them',
    file: 'src/outbox/number-written.ts',
    edits: [[' and n.claim = ${token}', '']],
    by: 'outbox',
  },
  {
    what: 'what waits is counted before the end of the log is held',
    file: 'src/outbox/number-written.ts',
    edits: [['    `select id from ${end} where id = 1 for update`,\n', '']],
    by: 'test/outbox/number-events.test.ts',
  },
  {
    what: "a subject's events are numbered in whatever order they are found",
    file: 'src/outbox/number-written.ts',
    edits: [['const next = byVersion(events);', 'const next = events.toReversed();']],
    by: 'outbox',
  },
  {
    what: 'what comes before an event and waits is not looked for',
    file: 'src/outbox/number-written.ts',
    edits: [[' and not exists ${preceding}', '']],
    by: 'outbox',
  },
  {
    what: 'versions of a subject are not counted',
    file: 'src/outbox/write-events.ts',
    edits: [['(select version from ${versions} where', '(select 1 from ${versions} where']],
    by: 'orders',
  },
  {
    what: 'events get positions with their commit, whether or not what comes before them has some',
    file: 'src/outbox/write-events.ts',
    edits: [[' and not exists ${preceding}', '']],
    by: 'outbox',
  },
  {
    what: 'events get positions with their commit, whether or not the end has moved for them',
    file: 'src/outbox/write-events.ts',
    edits: [[' and claim = ${token}', '']],
    by: 'outbox',
  },
  {
    what: 'events are appended together, whatever stands between them',
    file: 'src/outbox/announce.ts',
    edits: [['run.at(-1)?.position === event.previous', 'run']],
    by: 'test/outbox/positions.test.ts',
  },
  {
    what: 'a stream takes what does not follow',
    file: 'src/streams/append/append.lua',
    edits: [
      ["if last and last < (previous or tonumber(events[1])) or not last and previous then return 'behind' end", ''],
    ],
    by: 'outbox',
  },
  {
    what: 'streams are not completed from the log',
    file: 'src/outbox/announce.ts',
    edits: [['if (end === undefined || end < logged) await complete(parts, stream, end, signal);', '']],
    by: 'outbox',
  },
  {
    what: 'nobody sweeps',
    file: 'src/outbox/sweep.ts',
    edits: [['if (jobs.length > 0) await relay.send(jobs);', '']],
    by: 'outbox',
  },
  {
    what: 'a sweep takes leases that are held',
    file: 'src/outbox/sweep.ts',
    edits: [['{ id: ids, ...isDue() }', '{ id: ids }']],
    by: 'test/outbox/sweep.test.ts',
  },
  {
    what: 'messages are deleted before they are sent',
    file: 'src/outbox/relay.ts',
    edits: [
      [
        '      const ids = await send(parts, jobs);\n      sent.note(ids);\n',
        '      sent.note(jobs.map(({ id }) => id));\n      await sent.tidy();\n      const ids = await send(parts, jobs);\n',
      ],
    ],
    by: 'test/outbox/relay.test.ts',
  },
  {
    what: 'a batch whose COMMIT is unknown is done again by halves',
    file: 'src/outbox/batch.ts',
    edits: [['if (members.length === 1 || concernsAll(error)) {', 'if (members.length === 1) {']],
    by: 'test/outbox/batch.test.ts',
  },
  {
    what: 'outcomes of a batch go to the wrong members',
    file: 'src/outbox/batch.ts',
    edits: [['conclude(members[index]?.end, outcome)', 'conclude(members[members.length - 1 - index]?.end, outcome)']],
    by: 'orders',
  },
];
