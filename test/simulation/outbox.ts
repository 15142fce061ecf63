import { z } from 'zod';
import type { AfterCommit } from '../../src/outbox/after-commit.ts';
import { openBatch } from '../../src/outbox/batch.ts';
import { orderPaid } from '../../src/streams/orders.stream.ts';
import type { History, Living, Scenario } from './history.ts';
import { noted } from './noted-job.ts';
import { follow, violationsOfLog } from './log-holds.ts';
import { pause, write } from './orders.ts';
import { faults } from './simulation.ts';

const subjects = ['01900000-0000-7000-8000-0000000000a1', '01900000-0000-7000-8000-0000000000a2'];

const Numbered = z.object({ total_amount: z.number() });
type Publication = { readonly number: number; readonly subject: string; isHeard: boolean };
type Publishing = Readonly<{ history: History; publish: Map<Living, (one: Publication) => Promise<unknown>> }>;

/** Processes publish events and ask for jobs, each in a batch of its moment; nobody asks again whose answer is lost. */
export const outbox: Scenario = {
  name: 'outbox',
  faults,
  begin(history) {
    const { ground, servers, time } = history;
    write(history, 'insert into event_log_end (id, position, entry_ms) values (1, 0, 0)');
    const follower = follow(history, 'orders');
    const publications = Array.from({ length: 2 + time.chance(3) }, (_, number): Publication => {
      return { number, subject: subjects[time.chance(subjects.length)] ?? '', isHeard: false };
    });
    const publish: Publishing['publish'] = new Map();
    return {
      run(living) {
        const { platform } = living;
        publish.set(living, publishing(living));
        void platform.work();
        const soon = () => 400 + Math.random() * 1_600;
        setTimeout(() => void platform.keepOn(2_000, () => platform.sweep()), soon());
        setTimeout(() => void platform.keepOn(2_000, () => platform.complete()), soon());
      },
      act: async () => void (await Promise.all(publications.map((one) => tell({ history, publish }, one)))),
      watch: () => follower.look(),
      isOver: () => leftovers(history).length === 0,
      leftovers: () => leftovers(history),
      violations: () => [
        ...violationsOfLog(history, 'orders', follower.seen),
        ...violationsOfPublications(publications, history),
        ...servers.jobs.givenUp,
        ...(ground.engine.rows('outbox_messages').length === 0 ? [] : ['a message is left']),
      ],
    };
  },
};

function publishing({ platform: { transaction } }: Living) {
  const work = async (_tx: unknown, after: AfterCommit, members: readonly Readonly<{ given: Publication }>[]) =>
    members.map(({ given: { number, subject } }) => {
      const facts = { order_id: subject, user_id: 1, total_amount: number, currency: 'USD', payment_id: subject };
      after.publish(orderPaid, subject, { ...facts, status: 'paid' });
      return after.enqueue(noted, { number });
    });
  return openBatch(transaction, work, { name: 'outbox', members: 2 });
}

async function tell({ history: { living, time }, publish }: Publishing, publication: Publication): Promise<void> {
  await pause(time.chance(20));
  const all = living();
  const one = all[time.chance(Math.max(1, all.length))];
  const ask = one && publish.get(one);
  if (!ask) return;
  const asking = time
    .as(one.process, () => ask(publication))
    .then(
      () => (publication.isHeard = true),
      () => false,
    );
  await Promise.race([asking, one.died, pause(10_000)]);
}

function leftovers({ ground: { engine }, servers }: History): readonly string[] {
  const log = engine.rows('event_log');
  return [
    ...log.filter(({ position }) => position === null).map(({ id }) => `the event ${id} has no position`),
    ...engine.rows('outbox_messages').map(({ id }) => `the message ${id} is left`),
    ...(servers.jobs.areOver ? [] : ['a job is left']),
    ...(servers.keyspace.stream('orders').length === log.length ? [] : ['the stream is not complete']),
  ];
}

/** What was answered is there; what was not may be; nothing is twice. Its job has been handed on unless Redis was emptied of it. */
function violationsOfPublications(
  publications: readonly Publication[],
  { ground: { engine }, servers }: History,
): readonly string[] {
  const told = engine.rows('event_log').map(({ data }) => Numbered.parse(JSON.parse(String(data))).total_amount);
  return publications.flatMap(({ number, isHeard }) => {
    const count = told.filter((one) => one === number).length;
    const added = servers.jobs.added.filter(
      ({ job, payload }) => job.kind === noted.kind && noted.payload.parse(payload).number === number,
    );
    const jobs = new Set(added.map(({ id }) => id)).size;
    return [
      ...(isHeard && count === 0 ? [`the event ${number} is lost`] : []),
      ...(count > 1 ? [`the event ${number} is told ${count} times`] : []),
      ...(jobs === count ? [] : [`of the event ${number}, told ${count} times, ${jobs} jobs were asked for`]),
    ];
  });
}
