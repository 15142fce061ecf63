import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { TestProcess } from '../processes/process.ts';
import { readStream } from '../stores/stream-entries.ts';
import { Evidence } from './evidence.ts';
import { describedAnswers } from './described-answers.ts';
import type { Deployment } from './deployment.ts';

/** What is measured of what is held, where a run does that. */
type Held = Evidence['held'];

// MySQL answers whole numbers that may be large as text.
const whole = z.coerce.number();
const id = z.string();
const columns = {
  orders: z.object({ id, status: id, totalMinor: whole, refundedMinor: whole, currency: id }),
  payments: z.object({ id, order: id, status: id, gatewayKey: id }),
  keys: z.object({ key: id, order: id }),
  moves: z.object({ order: id, subject: id, subjectId: id, from: id.nullable(), to: id }),
  log: z.object({ id, stream: id, subject: id, version: whole, type: id, position: whole.nullable() }),
  waiting: z.object({ what: id, order: id.nullable(), seconds: whole }),
};
const age = (since: string) => `timestampdiff(microsecond, ${since}, utc_timestamp(6)) / 1000000 as seconds`;
const selects: Readonly<Record<keyof typeof columns, string>> = {
  orders: 'select id, status, total_minor as totalMinor, refunded_minor as refundedMinor, currency from orders',
  payments: 'select id, order_id as `order`, status, gateway_key as gatewayKey from payments',
  keys: "select `key`, substring_index(location, '/', -1) as `order` from idempotency_keys where location like '%/orders/%'",
  moves: `select order_id as \`order\`, subject, subject_id as subjectId, from_status as \`from\`, to_status as \`to\`
    from order_history order by id`,
  log: 'select id, stream, subject, version, type, position from event_log',
  waiting: `select name as what, null as \`order\`, ${age('created_at')} from outbox_messages
    union all select concat('payment ', status), order_id, ${age('created_at')} from payments where status in ('processing', 'unknown')
    union all select concat('no position of ', type), subject, ${age('at')} from event_log where position is null`,
};

/** Everything that there is to judge a deployment by. */
export async function collectEvidence(
  deployment: Deployment,
  quietSinceMs: number,
  held: Held = [],
): Promise<Evidence> {
  const { platform, buyers, receiver, endpoints, stands } = deployment;
  const calls = await platform.sandbox.arrivals('finnhub');
  const told = endpoints.flatMap((endpoint) =>
    receiver.arrivals(endpoint).map((one) => ({ ...plain(one), endpoint, status: one.status })),
  );
  const processes = stands.flatMap(({ role, processes: some }) => some.map((one) => stateOf(deployment, role, one)));
  return Evidence.parse({
    asked: buyers.asked,
    described: await describedAnswers(stands.find(({ role }) => role === 'api')?.url ?? '', '/orders'),
    ledger: (await platform.sandbox.ledger()).map(({ type, order_id, amount, currency }) => ({
      type,
      order: order_id,
      amount,
      currency,
    })),
    ...(await rowsOf(deployment)),
    streamed: (await readStream(platform.redis, 'orders')).map((one) =>
      plain({ ...one, version: Number(one.version) }),
    ),
    told,
    endpoints,
    quietSeconds: (Date.now() - quietSinceMs) / 1_000,
    processes: await Promise.all([
      ...processes,
      stateOf(deployment, 'mysql', deployment.mysql.process()),
      stateOf(deployment, 'redis', deployment.redis.process()),
    ]),
    held,
    canaries: canariesOf(deployment),
    calls: {
      atMs: calls.map(({ at_ms }) => at_ms),
      windows: [
        { ms: 60_000, most: 60 },
        { ms: 1_000, most: 30 },
      ],
    },
  });
}

async function rowsOf({ rows }: Deployment) {
  const read = async <T extends z.ZodType>(name: keyof typeof columns, row: T) =>
    z.array(row).parse(await rows(selects[name]));
  return {
    orders: await read('orders', columns.orders),
    payments: await read('payments', columns.payments),
    keys: await read('keys', columns.keys),
    moves: await read('moves', columns.moves),
    log: await read('log', columns.log),
    waiting: await read('waiting', columns.waiting),
  };
}

const plain = ({ id: own, subject, version, type }: Evidence['streamed'][number]) => ({
  id: own,
  subject,
  version,
  type,
});

async function stateOf({ ended }: Deployment, role: string, some: TestProcess) {
  // One that lives has nothing to say at once.
  const exit = await Promise.race([some.ended.then((code) => code ?? 'a signal'), sleep(0, null)]);
  return { role, exit, isOurDoing: ended.has(some.pid), output: some.output() };
}

function canariesOf({ platform: { env }, token }: Deployment): string[] {
  const secret = ['FINNHUB_API_KEY', 'STRIPE_SECRET_KEY', 'MYSQL_PASSWORD'].flatMap((name) => env[name] || []);
  return [...secret, token, 'orderflow-demo'];
}
