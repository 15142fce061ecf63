import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Disk, mayMount, openDisk } from '../../support/faults/disk.ts';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import { reportFault } from '../../support/proof/report-fault.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

const title =
  "the disk is full, twice each: of Redis's file, which then refuses writes, and of MySQL's data, which may end it";

const disks: Disk[] = [];
let chaos: Chaos | undefined;
afterAll(async () => {
  await chaos?.deployment.stop();
  for (const disk of disks) await disk.close();
});

/** While Redis cannot write, orders are taken as ever. */
async function fillRedis(disk: Disk, { platform: { redis }, buyers }: Deployment): Promise<void> {
  await disk.fill();
  await until('Redis cannot write', async () => {
    // It finds out when there is something to write.
    await redis.set('of the test', 'x'.repeat(100_000)).catch(() => {});
    return /^aof_last_write_status:err/m.test(await redis.info('persistence')) || undefined;
  });
  const before = buyers.bought.length;
  buyers.want(30);
  await until('orders are taken', () => (buyers.areDone() ? true : undefined));
  // Nobody had to ask twice.
  expect(buyers.bought.slice(before + 6).filter(({ repeats }) => repeats > 0)).toEqual([]);
  await disk.free();
}

async function fillMysql(disk: Disk, { connect, mysql }: Deployment): Promise<void> {
  const session = await connect();
  await session.query('create table ballast (id int primary key auto_increment, text longtext)');
  await disk.fill();
  // What is left inside of its files is taken too, until it says so, or ends.
  const take = async (): Promise<unknown> => {
    await session.query("insert into ballast (text) values (repeat('x', 1000000))");
    return take();
  };
  await expect(take()).rejects.toThrow(/is full|connection/i);
  session.destroy();
  await sleep(5_000);
  await disk.free();
  const hasEnded = await Promise.race([mysql.process().ended.then(() => true), sleep(1_000, false)]);
  if (hasEnded) await mysql.restart();
  await mysql.asRoot('drop table orderflow_test.ballast');
}

test.runIf(mayMount)(
  'while a disk is full nobody is told of a fault of ours, and afterwards every order is charged once',
  async () => {
    // MySQL alone takes two hundred megabytes for its logs.
    const [small, large] = [await openDisk(32), await openDisk(400)];
    disks.push(small, large);
    const both = [
      { fault: 'F18', name: 'Redis', inflict: (deployment: Deployment) => fillRedis(small, deployment) },
      { fault: 'F18', name: 'MySQL', inflict: (deployment: Deployment) => fillMysql(large, deployment) },
    ];
    const places = { redis: small.folder, mysql: large.folder };
    const plan = {
      seed: chosenSeed(),
      strikes: [...both, ...both],
      orders: 80,
      processes: ['api', 'worker', 'worker'] as const,
    };
    chaos = await runChaos({ ...plan, disks: places, isMeasured: true });
    prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F18', title }]);
  },
);

test.runIf(!mayMount)('where nobody may have disks of its own, that is said', () => {
  const notRun = 'only root on Linux may have disks of its own';
  reportFault({ fault: 'F18', title, seed: 'no chance', how: 'test/chaos/faults/full-disks.chaos.ts', notRun });
});
