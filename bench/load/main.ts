import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { Connection } from './connection.ts';
import { followPaid } from './paid-times.ts';
import { type Ask, Plan, type Report, spread } from './plan.ts';

// The load, in a process of its own: the plan comes in as JSON, the report goes out as JSON.

const lateMs = 120_000;
type Seen = Readonly<{ askedAt: number; answeredAt: number; id: string }>;

const plan = Plan.parse(JSON.parse(await text(process.stdin)));
const connections = Array.from(
  { length: plan.connections },
  (_, index) => new Connection(plan.urls[index % plan.urls.length] ?? ''),
);
await openAll();
const paid = plan.events && (await followPaid(plan.events));
const answers: Record<string, number> = {};
const seen: Seen[] = [];
const most = plan.most ?? Number.POSITIVE_INFINITY;
const begin = performance.now();
const end = begin + plan.seconds * 1_000;
let sent = 0;

await (plan.perSecond ? atEvenDistances(plan.perSecond) : Promise.all(connections.map(askAgain)));
const ended = performance.now();
if (paid) await allPaid(paid.times);
process.stdout.write(JSON.stringify(report()));
paid?.close();
for (const connection of connections) connection.close();

/** Not all at once: what listens has a queue of some hundreds. */
async function openAll(): Promise<void> {
  for (let first = 0; first < connections.length; first += 100)
    await Promise.all(connections.slice(first, first + 100).map((connection) => connection.open()));
}

/** Closed: asks again as soon as it is answered. */
async function askAgain(connection: Connection): Promise<void> {
  while (performance.now() < end && sent < most) await ask(connection, performance.now());
}

/** Open: whoever comes while all connections wait is late from when it came, so that no wait is left out. */
async function atEvenDistances(perSecond: number): Promise<void> {
  const free = [...connections];
  const late: number[] = [];
  const underWay = new Set<Promise<void>>();
  const serve = async (connection: Connection, dueAt: number): Promise<void> => {
    await ask(connection, dueAt);
    const next = late.shift();
    if (next !== undefined) return serve(connection, next);
    free.push(connection);
  };
  for (let count = 0; count < Math.min(most, plan.seconds * perSecond); ) {
    const now = performance.now();
    for (let dueAt = begin + (count * 1_000) / perSecond; dueAt <= now && dueAt < end; ) {
      const connection = free.pop();
      if (connection) {
        const work = serve(connection, dueAt).finally(() => underWay.delete(work));
        underWay.add(work);
      } else late.push(dueAt);
      count += 1;
      dueAt = begin + (count * 1_000) / perSecond;
    }
    await sleep(1);
  }
  while (underWay.size > 0) await Promise.all(underWay);
}

async function ask(connection: Connection, askedAt: number): Promise<void> {
  sent += 1;
  const key = (sent * plan.ask.keyed) % 1 < plan.ask.keyed ? randomUUID() : '';
  const { status, body } = await connection.send(requestOf(plan.ask, key));
  answers[status] = (answers[status] ?? 0) + 1;
  const id = paid ? (/"id":"?([^",}]+)/.exec(body)?.[1] ?? '') : '';
  if (status === 200 || status === 201) seen.push({ askedAt, answeredAt: performance.now(), id });
}

function requestOf({ method, path, headers, body = '' }: Ask, key: string): string {
  const all = { ...headers, ...(key && { 'idempotency-key': key }), ...(body && { 'content-length': body.length }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}\r\n${body}`;
}

/** Waits for the event of each order; one that never comes is what the rows are counted for. */
async function allPaid(times: ReadonlyMap<string, number>): Promise<void> {
  const latest = performance.now() + lateMs;
  while (seen.some(({ id }) => !times.has(id)) && performance.now() < latest) await sleep(50);
}

function report(): Report {
  const since = performance.timeOrigin;
  const events = paid && seen.map((one) => ({ ...one, paidAt: paid.times.get(one.id) ?? one.askedAt + lateMs }));
  return {
    answers,
    good: seen.length,
    beganAt: since + begin,
    endedAt: since + ended,
    answerMs: spread(seen.map(({ askedAt, answeredAt }) => answeredAt - askedAt)),
    ...(events && {
      paidMs: spread(events.map(({ askedAt, paidAt }) => paidAt - askedAt)),
      acceptedToPaidMs: spread(events.map(({ answeredAt, paidAt }) => Math.max(0, paidAt - answeredAt))),
    }),
  };
}
