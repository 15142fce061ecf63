import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../../src/config.ts';
import { openContext } from '../../../src/context.ts';
import { completeStreams } from '../../../src/outbox/announce.ts';
import { sweepUntil } from '../../../src/outbox/sweep.ts';

// Announces what others commit until it is killed: as the relay of an API without end, or as a worker does.
const context = await openContext(readConfig(process.env), 'announcer');
const { orm, events, log, jobs } = context;
const { signal } = new AbortController();
process.stdout.write('ready\n');

if (process.argv[2] === 'worker') {
  void sweepUntil(signal, orm, events.relay, log);
  for (;;) {
    await completeStreams({ ...context, streams: jobs.definitions.streams }, signal).catch(() => {});
    await sleep(50);
  }
}
for (;;) {
  await events.relay.announce().catch(() => {});
  await sleep(10);
}
