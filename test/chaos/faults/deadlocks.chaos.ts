import { afterAll, test } from 'vitest';
import { z } from 'zod';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

const [buyers, strangers, wanted] = [32, 4, 100];
const title = `deadlocks: ${buyers} buyers, each request twice at once under a key, and ${strangers} sessions that lock in the other order`;

const Count = z.array(z.object({ count: z.coerce.number() }));

/** Of all sessions since the server has been started; MariaDB has another place for it than MySQL. */
async function deadlocks({ mysql }: Deployment): Promise<number> {
  const status =
    "select variable_value as count from information_schema.global_status where variable_name = 'innodb_deadlocks'";
  const metric = "select count from information_schema.innodb_metrics where name = 'lock_deadlocks'";
  const rows = await mysql.asRoot(status).catch(() => mysql.asRoot(metric));
  return Count.parse(rows)[0]?.count ?? 0;
}

async function prepare({ mysql }: Deployment): Promise<void> {
  const rows = Array.from({ length: 200 }, (_, id) => `(${id}, 0)`);
  await mysql.asRoot(
    'use orderflow_test',
    'update products set stock = 10000000 where id in (1, 2)',
    // Of two transactions in a deadlock the one that has written less is undone: that is to be ours.
    'create table storm (id int primary key, n int not null)',
    `insert into storm values ${rows.join()}`,
  );
}

/** Locks what ours lock from the lower number to the higher, the other way round; returns how often it was the one that was undone. */
async function storm({ connect }: Deployment, stranger: number, isOver: () => boolean): Promise<number> {
  const session = await connect();
  let undone = 0;
  while (!isOver())
    try {
      await session.beginTransaction();
      await session.query('update storm set n = n + 1 where id % ? = ?', [strangers, stranger]);
      await session.query('update products set stock = stock + 1 where id = 2');
      await session.query('update products set stock = stock + 1 where id = 1');
      await session.commit();
    } catch {
      undone += 1;
      await session.rollback();
    }
  session.destroy();
  return undone;
}

/** Keeps the storm up until ours have been undone often enough, and returns how often that was. */
async function endure(deployment: Deployment): Promise<number> {
  const before = await deadlocks(deployment);
  let isOver = false;
  const storming = Array.from({ length: strangers }, (_, stranger) => storm(deployment, stranger, () => isOver));
  try {
    await until(
      'enough deadlocks',
      async () => {
        if (deployment.buyers.areDone()) deployment.buyers.want(buyers);
        return (await deadlocks(deployment)) - before >= 2 * wanted ? true : undefined;
      },
      300_000,
    );
  } finally {
    isOver = true;
  }
  const theirs = (await Promise.all(storming)).reduce((sum, undone) => sum + undone, 0);
  return (await deadlocks(deployment)) - before - theirs;
}

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

test('a storm of deadlocks, with every request made twice at once, is told nobody as a fault of ours', async () => {
  let ours = 0;
  const inflict = async (deployment: Deployment) => {
    await prepare(deployment);
    while (ours < wanted) ours += await endure(deployment);
  };
  const strikes = [{ fault: 'F15', name: 'a storm', inflict }];
  const processes = ['api', 'api', 'worker', 'worker'] as const;
  chaos = await runChaos({
    seed: chosenSeed(),
    strikes,
    orders: buyers,
    buyers,
    thinkMs: 1,
    copies: 2,
    processes,
    isMeasured: true,
  });
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F15', title, times: ours }]);
});
