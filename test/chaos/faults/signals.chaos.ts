import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { startProcess, until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import { reviveStands, type Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

const title = 'SIGTERM while Redis stands still, while MySQL does, in the midst of a migration, and twice';

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

/** Ends all processes by so many signals each, in good order, and starts them again. */
async function replaceAll({ stands, ended }: Deployment, signals: number, meanwhile = async () => {}): Promise<void> {
  for (const stand of stands) ended.add(stand.process().pid);
  const told: Promise<void>[] = [];
  for (let count = 0; count < signals; count += 1) {
    // Who has ended already is not told again.
    told.push(...stands.map((stand) => stand.process().signal('SIGTERM')));
    await sleep(200);
  }
  await Promise.all(told);
  for (const stand of stands) expect(await stand.process().ended, stand.process().output()).toBe(0);
  await meanwhile();
  await reviveStands(stands);
}

async function whileStill(deployment: Deployment, which: 'redis' | 'mysql'): Promise<void> {
  const server = deployment[which].process();
  await server.signal('SIGSTOP');
  await replaceAll(deployment, 1, () => server.signal('SIGCONT'));
}

/** A schema that is half there is completed by the next who migrates. */
async function whileMigrating({ platform, mysql }: Deployment): Promise<void> {
  const env = { ...platform.env, MYSQL_DB: 'orderflow_migrated' };
  const migrate = () => startProcess('src/commands/migrate.ts', [], env);
  const first = migrate();
  await until('there are some tables', async () => {
    const sql = "select 1 from information_schema.tables where table_schema = 'orderflow_migrated'";
    return (await mysql.asRoot(sql)).length > 5 || undefined;
  });
  process.kill(first.pid, 'SIGTERM');
  await first.ended;
  const second = migrate();
  expect(await second.ended, second.output()).toBe(0);
  const third = migrate();
  expect(await third.ended, third.output()).toBe(0);
  expect(third.output()).toContain('up to date');
}

const moments: readonly (readonly [name: string, inflict: (deployment: Deployment) => Promise<void>])[] = [
  ['Redis stands still', (deployment) => whileStill(deployment, 'redis')],
  ['MySQL stands still', (deployment) => whileStill(deployment, 'mysql')],
  ['a migration', whileMigrating],
  ['twice', (deployment) => replaceAll(deployment, 2)],
];

test('whoever is told to end does so with 0, whatever is away, and nothing is lost by it', async () => {
  const strikes = moments.map(([name, inflict]) => ({ fault: 'F27', name, inflict }));
  const plan = { seed: chosenSeed(), strikes, orders: 80, processes: ['api', 'worker'] as const };
  chaos = await runChaos({ ...plan, env: { SHUTDOWN_SECONDS: '5' }, isMeasured: true });
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F27', title }]);
});
