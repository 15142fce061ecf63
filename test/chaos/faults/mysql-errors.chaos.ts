import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import { afterAll, test } from 'vitest';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Strike } from '../../support/proof/strike.ts';
import { type Deployment, usualProcesses } from '../../support/proof/deployment.ts';
import { chosenSeed, seeded, shuffled } from '../../support/seeded.ts';

const database = 'orderflow_test';
// Each of them; a lock is waited for longer, and so less often.
const times = Number(process.env['REFUSALS'] ?? 10);
const lockTimes = Math.ceil(times / 3);
const title =
  'MySQL refuses: 1205 locks waited for, 1020 changed since read, 1040 no connections left, 1153 packet too large, ' +
  '1290 read-only, 2006 and 2013 sessions ended';

const sessions = ({ platform: { env } }: Deployment) =>
  `select id as own from information_schema.processlist where user = '${env['MYSQL_USER']}'`;

/** Ends every session of the product's user. */
async function killSessions(deployment: Deployment): Promise<void> {
  // One may have ended by itself.
  for (const { own } of await deployment.mysql.asRoot(sessions(deployment)))
    await deployment.mysql.asRoot(`kill connection ${Number(own)}`).catch(() => {});
}

async function lockRows({ connect }: Deployment): Promise<void> {
  const holder = await connect();
  await holder.beginTransaction();
  await holder.query('update products set stock = stock where id in (1, 2)');
  await sleep(6_000);
  holder.destroy();
}

async function changeRecords(deployment: Deployment): Promise<void> {
  // At other levels of isolation than ours MariaDB says so by itself, if this is on.
  await deployment.mysql.asRoot('set global innodb_snapshot_isolation = 1').catch(() => {});
  await killSessions(deployment);
  await deployment.mysql.asRoot(`create trigger ${database}.refusing before insert on ${database}.orders for each row
    if rand() < 0.33 then signal sqlstate 'HY000' set mysql_errno = 1020, message_text = 'changed'; end if`);
  await sleep(1_000);
  await deployment.mysql.asRoot(`drop trigger ${database}.refusing`);
}

async function refuseWrites({ mysql }: Deployment): Promise<void> {
  await mysql.asRoot('set global read_only = 1');
  await sleep(1_000);
  await mysql.asRoot('set global read_only = 0');
}

async function takeConnections(deployment: Deployment): Promise<void> {
  const rows = await deployment.mysql.asRoot(sessions(deployment));
  // By one connection: there is none left for another.
  const kills = rows.map(({ own }) => `kill connection ${Number(own)}`);
  await deployment.mysql.asRoot('set global max_connections = 10', ...kills).catch(() => {});
  const taken: Connection[] = [];
  for (;;) {
    const connection = await deployment.connect().catch(() => undefined);
    if (!connection) break;
    taken.push(connection);
  }
  await sleep(1_000);
  for (const connection of taken) connection.destroy();
  const giveBack = () => deployment.mysql.asRoot('set global max_connections = 400');
  await until('root is let in', () => giveBack().catch(() => undefined));
}

async function shrinkPackets(deployment: Deployment): Promise<void> {
  // Enough for one order, and not for several.
  await deployment.mysql.asRoot('set global max_allowed_packet = 4096');
  await killSessions(deployment);
  await sleep(1_000);
  await deployment.mysql.asRoot('set global max_allowed_packet = 16777216');
  await killSessions(deployment);
}

async function endSessions(deployment: Deployment): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    await killSessions(deployment);
    await sleep(200);
  }
}

const refusals = [changeRecords, refuseWrites, takeConnections, shrinkPackets, endSessions];

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

test('whatever MySQL refuses, nobody is told of a fault of ours, and every order is charged once', {
  timeout: 1_200_000,
}, async () => {
  const seed = chosenSeed();
  const all = [
    ...refusals.flatMap((refusal) => Array.from({ length: times }, () => refusal)),
    ...Array.from({ length: lockTimes }, () => lockRows),
  ];
  const strikes = shuffled(all, seeded(seed)).map((inflict): Strike => ({ fault: 'F16', name: inflict.name, inflict }));
  // So that an order has something to wait for.
  const [first, ...rest] = strikes;
  const count = async (deployment: Deployment) => {
    await deployment.mysql.asRoot(`update ${database}.products set stock = 1000000 where id in (1, 2)`);
    await first?.inflict(deployment);
  };
  const counted = first ? [{ ...first, inflict: count }, ...rest] : [];
  chaos = await runChaos({
    seed,
    strikes: counted,
    orders: 10 * all.length,
    processes: usualProcesses,
    isMeasured: true,
  });
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F16', title }]);
});
