// An own consumer: a group on the stream `orders`. Each event goes to one member, and what a dead member held to another.
//
//   node examples/consume-orders.ts [--group invoices] [--consumer NAME] [--idle-ms 30000]
//
// Start it several times to share the work; stop it with Ctrl-C.
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { redisAddress } from './addresses.ts';

const { values: options } = parseArgs({
  options: {
    group: { type: 'string', default: 'invoices' },
    consumer: { type: 'string', default: `${hostname()}-${process.pid}` },
    'idle-ms': { type: 'string', default: '30000' },
  },
});
const { group, consumer } = options;
const idleMs = Number(options['idle-ms']);
const [stream, batch] = ['orders', 20];
const blockMs = 1_000; // No longer than anybody would wait for it to stop.

const Entry = z.tuple([z.string(), z.array(z.string())]);
const Claimed = z.tuple([z.string(), z.array(Entry)]).rest(z.unknown());
const Read = z.array(z.tuple([z.string(), z.array(Entry)])).nullable();

// It waits for a Redis that is away, and says so.
const redis = new Redis({ ...redisAddress(), maxRetriesPerRequest: null });
redis.on('error', (error) => void process.stderr.write(`${error.message}\n`));
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

/** What this consumer is for. It may be called twice with the same event when a process dies in between. */
function handle(event: ReadonlyMap<string, string>): void {
  process.stdout.write(`${['time', 'type', 'subject', 'data'].map((name) => event.get(name)).join(' ')}\n`);
}

/**
 * Delivery is at least once, so events are told apart by `id`. What you store yourself is best protected by a unique
 * key on that id in the same transaction; a mark in Redis, set after the work, is for effects elsewhere.
 */
async function take([entryId, fields]: z.output<typeof Entry>): Promise<void> {
  const event = new Map(fields.flatMap((name, index) => (index % 2 === 0 ? [[name, fields[index + 1] ?? '']] : [])));
  const seen = `seen:${group}:${event.get('id')}`;
  if (!(await redis.exists(seen))) {
    handle(event);
    await redis.set(seen, '1', 'EX', 7 * 86_400);
  }
  await redis.xack(stream, group, entryId);
}

while (!stopping.signal.aborted) {
  // Where there is no group yet, or none any more because the stream was lost.
  await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM').catch((error: unknown) => {
    if (!String(error).includes('BUSYGROUP')) throw error;
  });
  // What a member has held for longer than `idleMs` without acknowledging it.
  let cursor = '0-0';
  do {
    const found = Claimed.parse(await redis.xautoclaim(stream, group, consumer, idleMs, cursor, 'COUNT', batch));
    for (const entry of found[1]) await take(entry);
    cursor = found[0];
  } while (cursor !== '0-0');
  // What nobody has been given yet.
  const member = ['GROUP', group, consumer] as const;
  const reply = await redis.xreadgroup(...member, 'COUNT', batch, 'BLOCK', blockMs, 'STREAMS', stream, '>');
  for (const [, entries] of Read.parse(reply) ?? []) for (const entry of entries) await take(entry);
}
redis.disconnect();
