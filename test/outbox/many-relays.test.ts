import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventLog } from '../../src/entities/outbox.entity.ts';
import { collectMessages } from '../../src/outbox/after-commit.ts';
import { openMint } from '../../src/outbox/ids.ts';
import { productSynced } from '../../src/streams/catalog.stream.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { startProcess, type TestProcess, until } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';
import { readStream } from '../support/stores/stream-entries.ts';

const events = 10_000;
const perTransaction = 50;
const subjects = 97;
const roles = ['worker', 'relay', 'worker', 'relay', 'relay'];

const mint = openMint();
let api: TestApi;
let env: Readonly<Record<string, string>>;
const announcers: TestProcess[] = [];
beforeAll(async () => {
  env = await ownData();
  api = await openTestApi(env);
});
afterAll(async () => {
  await Promise.all(announcers.map((one) => one.signal('SIGKILL')));
  await api.close();
});

const about = { source: 'test', updated: 0, unchanged: 0, deleted: 0 };
const start = (place: number) => {
  const { [place]: role = 'relay' } = roles;
  announcers[place] = startProcess('test/support/load/announcer.ts', [role], env);
};

/** Commits events, and holds the transaction open before it does, until `mayEnd`. */
async function commit(from: number, mayEnd: Promise<void> | undefined): Promise<void> {
  await api.ctx.orm.em.fork().transactional(async (tx) => {
    // As in a cluster, where each server counts in steps.
    await tx.execute('/* of the test */ set session auto_increment_increment = 7');
    const { after, write } = collectMessages(() => new Date(), mint, true);
    for (let step = from; step < from + perTransaction; step += 1)
      after.publish(productSynced, mayEnd ? `held-${from}` : `free-${step % subjects}`, { ...about, created: step });
    await write(tx);
    await mayEnd;
  });
}

test('two sweeps and three relays, killed again and again, announce 10,000 events, each once, in order, without a hole', async () => {
  roles.forEach((_, place) => start(place));
  const held: PromiseWithResolvers<void>[] = [];
  const committing: Promise<void>[] = [];
  let kills = 0;
  for (let from = 0; from < events; from += perTransaction) {
    const turn = from / perTransaction;
    if (turn % 10 === 7) {
      // Written among the first and committed among the last.
      const hold = Promise.withResolvers<void>();
      held.push(hold);
      committing.push(commit(from, hold.promise));
      if (held.length > 4) held.shift()?.resolve();
    } else await commit(from, undefined);
    if (turn % 33 !== 32) continue;
    // Whoever is killed is somewhere between the log and the stream.
    await until('more is announced', async () => ((await api.ctx.redis.xlen('catalog')) > from / 2 ? true : undefined));
    const place = kills % roles.length;
    await announcers[place]?.signal('SIGKILL');
    start(place);
    kills += 1;
  }
  held.forEach(({ resolve }) => resolve());
  await Promise.all(committing);
  await until('all is announced', async () => ((await api.ctx.redis.xlen('catalog')) >= events ? true : undefined));

  const log = await api.ctx.orm.em.fork().find(EventLog, {}, { orderBy: { position: 'asc' } });
  expect(log.map(({ position }) => position)).toEqual(Array.from({ length: events }, (_, index) => index + 1));
  const told = await readStream(api.ctx.redis, 'catalog');
  expect(told.map(({ id }) => id)).toEqual(log.map(({ id }) => id));
  const bySubject = Map.groupBy(log, ({ subject }) => subject);
  for (const [subject, some] of bySubject)
    expect(
      some.map(({ version }) => version),
      subject,
    ).toEqual(some.map((_, index) => index + 1));
  expect(bySubject.size).toBe(subjects + 20);
  expect(kills).toBe(6);
});
