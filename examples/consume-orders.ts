// Consumes the stream `orders` in a group: each event goes to one member, and what a dead member held to another.
//
//   node examples/consume-orders.ts [--group invoices] [--consumer NAME] [--from 0] [--idle-ms 30000]
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
    from: { type: 'string', default: '0' },
    'idle-ms': { type: 'string', default: '30000' },
  },
});
const stream = 'orders';
const { group, consumer } = options;
const idleMs = Number(options['idle-ms']);
const batch = 20;
const rememberSeconds = 7 * 86_400;

const Entries = z.array(z.tuple([z.string(), z.array(z.string())]));
const Claimed = z.tuple([z.string(), Entries]).rest(z.unknown());
const Read = z.array(z.tuple([z.string(), Entries])).nullable();
type Entry = z.output<typeof Entries>[number];

// A blocking read needs a connection of its own, and waits for a Redis that is away.
const connection = { ...redisAddress(), maxRetriesPerRequest: null };
const redis = new Redis(connection);
const blocking = new Redis(connection);
const stopping = new AbortController();
for (const some of [redis, blocking]) some.on('error', (error) => void process.stderr.write(`${error.message}\n`));
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stopping.abort();
    blocking.disconnect();
  });

/** What this consumer is for. It may be called twice with the same event when a process dies in between. */
function handle(event: ReadonlyMap<string, string>): void {
  const fields = ['time', 'type', 'subject', 'data'].map((name) => event.get(name));
  process.stdout.write(`${fields.join(' ')}\n`);
}

/**
 * Delivery is at least once, so events are told apart by `id`. What you store yourself is best protected by a unique
 * key on that id in the same transaction; a mark in Redis, set after the work, is for effects elsewhere.
 */
async function take([entryId, fields]: Entry): Promise<void> {
  const event = new Map(fields.flatMap((name, index) => (index % 2 === 0 ? [[name, fields[index + 1] ?? '']] : [])));
  const seen = `seen:${group}:${event.get('id')}`;
  if (!(await redis.exists(seen))) {
    handle(event);
    await redis.set(seen, '1', 'EX', rememberSeconds);
  }
  await redis.xack(stream, group, entryId);
}

/** Takes over what a member has held for longer than `idleMs` without acknowledging it. */
async function takeOver(): Promise<void> {
  let cursor = '0-0';
  do {
    const reply = await redis.xautoclaim(stream, group, consumer, idleMs, cursor, 'COUNT', batch);
    const [next, entries] = Claimed.parse(reply);
    for (const entry of entries) await take(entry);
    cursor = next;
  } while (cursor !== '0-0');
}

/** Waits for what nobody has been given yet. */
async function takeNew(): Promise<void> {
  const member = ['GROUP', group, consumer] as const;
  const blockMs = Math.min(idleMs, 5_000);
  const reply = await blocking.xreadgroup(...member, 'COUNT', batch, 'BLOCK', blockMs, 'STREAMS', stream, '>');
  for (const [, entries] of Read.parse(reply) ?? []) for (const entry of entries) await take(entry);
}

/** Makes the group where there is none: at first, and after a stream was lost. */
async function createGroup(): Promise<void> {
  await redis.xgroup('CREATE', stream, group, options.from, 'MKSTREAM').catch((error: unknown) => {
    if (!String(error).includes('BUSYGROUP')) throw error;
  });
}

try {
  while (!stopping.signal.aborted) {
    await createGroup();
    await takeOver();
    await takeNew();
  }
} catch (error) {
  // A stop ends the blocking read with an error of its own.
  if (!stopping.signal.aborted) throw error;
} finally {
  blocking.disconnect();
  redis.disconnect();
}
