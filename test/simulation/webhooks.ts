import { randomUUIDv7 } from 'node:crypto';
import { orderPaid } from '../../src/streams/orders.stream.ts';
import { findDue } from '../../src/webhooks/claim.ts';
import { lookForWork, routeEvents } from '../../src/webhooks/route-events.ts';
import type { Endpoint } from './endpoint.ts';
import type { History, Living, Scenario } from './history.ts';
import { beginWork, pause, write } from './orders.ts';
import { follow, violationsOfLog } from './log-holds.ts';
import { faults } from './simulation.ts';

const endpointId = '01900000-0000-7000-8000-00000000000e';
const subjects = ['01900000-0000-7000-8000-0000000000a1', '01900000-0000-7000-8000-0000000000a2'];

/** Events of a few subjects are told to an endpoint that is not always well, by whichever process has claimed it. */
export const webhooks: Scenario = {
  name: 'webhooks',
  faults,
  begin(history) {
    const { ground, servers, time } = history;
    seed(history);
    const follower = follow(history, 'orders');
    const wishes = Array.from({ length: 1 + time.chance(3) }, () => subjects[time.chance(subjects.length)] ?? '');
    const acting = { isOver: false };
    const illness = time.chance(3);
    // Of a subject it takes nothing, ever, in some histories.
    const refused = time.chance(3) === 0 ? subjects[0] : undefined;
    // In the end it takes what it is told of all others.
    servers.endpoint.takes = (subject) => subject !== refused && (acting.isOver || illness === 0 || time.chance(3) > 0);
    return {
      run(living) {
        beginWork(living);
        setTimeout(() => void tellOn(living), Math.random() * 1_000);
      },
      async act() {
        await Promise.all(wishes.map((subject) => publish(history, subject)));
        await pause(time.chance(2_000));
        acting.isOver = true;
      },
      watch: () => follower.look(),
      isOver: () => leftovers(history, refused).length === 0,
      leftovers: () => leftovers(history, refused),
      violations: () => [
        ...violationsOfLog(history, 'orders', follower.seen),
        ...violationsOfOrder(servers.endpoint),
        ...violationsOfTelling(history, refused),
        ...(ground.engine.rows('event_log').length > wishes.length ? ['what was written once is told twice'] : []),
      ],
    };
  },
};

function seed(history: History): void {
  write(
    history,
    'insert into event_log_end (id, position, entry_ms) values (1, 0, 0)',
    'insert into webhook_cursor (id, position) values (1, 0)',
    `insert into users (id, email, name, role, password_hash) values (1, 'a@example.com', 'a', 'admin', '')`,
    `insert into webhook_endpoints (id, user_id, scope, url, types, symbols, secret, created_at)
     values ('${endpointId}', 1, 'all', 'https://example.com/', '[]', '[]', 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', utc_timestamp(3))`,
  );
}

/** Writes an event, once: whoever does not learn whether it has been written leaves it at that. */
async function publish({ living, time }: History, subject: string): Promise<void> {
  await pause(time.chance(500));
  const all = living();
  const one = all[time.chance(Math.max(1, all.length))];
  if (!one) return;
  const { transaction } = one.platform;
  const facts = {
    order_id: subject,
    user_id: 1,
    total_amount: 5,
    currency: 'USD',
    payment_id: subject,
    status: 'paid' as const,
  };
  const writing = () => transaction(async (_tx, after) => after.publish(orderPaid, subject, facts));
  await Promise.race([time.as(one.process, writing).catch(() => {}), one.died, pause(10_000)]);
}

/** What a worker does for webhooks, at its pace. */
async function tellOn({ platform }: Living): Promise<void> {
  const { orm, definitions, producer } = platform;
  const job = definitions.jobs.get('deliver-webhooks');
  if (!job) throw new Error('there is no job that delivers');
  await platform.keepOn(1_000, async () => {
    const look = await lookForWork(orm.em.fork());
    if (look.written > look.routed) await routeEvents(platform, look);
    const due = await findDue(orm.em.fork());
    if (due.length > 0)
      await producer.enqueueAll(due.map((id) => ({ job, id: randomUUIDv7(), payload: { webhook_id: id } })));
  });
}

function leftovers({ ground: { engine }, servers }: History, refused: string | undefined): readonly string[] {
  const log = engine.rows('event_log');
  const deliveries = engine.rows('webhook_deliveries');
  return [
    ...log.filter(({ position }) => position === null).map(({ id }) => `the event ${id} has no position`),
    ...(engine.rows('webhook_cursor')[0]?.['position'] === log.length ? [] : ['the cursor is behind']),
    ...deliveries
      .filter(({ state, subject }) => state !== 'delivered' && subject !== refused)
      .map(({ position, state }) => `the delivery of ${position} is ${state}`),
    ...(servers.keyspace.stream('orders').length === log.length ? [] : ['the stream is not complete']),
  ];
}

/** Of a subject, nothing is told before what comes before it was taken. */
function violationsOfOrder({ receipts }: Endpoint): readonly string[] {
  const taken = new Set<string>();
  return receipts.flatMap(({ subject, version, isTaken }) => {
    const isEarly = version > 1 && !taken.has(`${subject} ${version - 1}`);
    if (isTaken) taken.add(`${subject} ${version}`);
    return isEarly ? [`event ${version} of ${subject} was told before ${version - 1} was taken`] : [];
  });
}

function violationsOfTelling({ ground: { engine }, servers }: History, refused: string | undefined): readonly string[] {
  const taken = new Set(servers.endpoint.receipts.filter(({ isTaken }) => isTaken).map(({ id }) => id));
  const log = engine.rows('event_log');
  const deliveries = engine.rows('webhook_deliveries');
  return [
    ...log.flatMap(({ id, subject }) =>
      taken.has(String(id)) || subject === refused ? [] : [`the event ${id} was never taken`],
    ),
    ...(deliveries.length === log.length ? [] : [`${deliveries.length} deliveries of ${log.length} events`]),
  ];
}
