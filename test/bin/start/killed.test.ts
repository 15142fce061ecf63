import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, untilTrue } from '../../support/processes/process.ts';
import { type Checkout, makeCheckout } from '../../support/processes/checkout.ts';
import { Platform, processesOf } from '../../support/processes/platform-process.ts';

describe('npm start, killed', () => {
  let checkout: Checkout;
  let platform: Platform;
  let port: number;

  beforeAll(async () => {
    checkout = makeCheckout();
    port = await freePort();
  });

  afterAll(() => {
    platform.signalGroup('SIGKILL');
    checkout[Symbol.dispose]();
  });

  it('leaves no part behind when the supervisor is killed', async () => {
    platform = new Platform(checkout, port);
    await platform.ready();
    await query(platform, 'create table kept (word varchar(20))');
    await query(platform, "insert into kept values ('still here')");
    process.kill(platform.supervisorPid(), 'SIGKILL');
    await untilTrue(() => processesOf(checkout).length === 0);
  });

  it('starts again with the data kept after everything was killed at once', async () => {
    platform = new Platform(checkout, port);
    await platform.ready();
    const pids = platform.run().processes.map(({ pid }) => pid);
    for (const pid of [platform.supervisorPid(), ...pids]) process.kill(pid, 'SIGKILL');
    await untilTrue(() => processesOf(checkout).length === 0);

    platform = new Platform(checkout, port);
    await platform.ready();
    expect(await query(platform, 'select word from kept')).toEqual([{ word: 'still here' }]);
  });

  it('ends by itself when npm is killed', async () => {
    platform.child.kill('SIGKILL');
    await untilTrue(() => processesOf(checkout).length === 0);
  });

  it('ends with 0 on SIGTERM in the middle of its start', async () => {
    platform = new Platform(checkout, port);
    await untilTrue(() => platform.output.includes('MySQL'));
    platform.child.kill('SIGTERM');
    expect(await platform.exited).toBe(0);
    expect(processesOf(checkout)).toEqual([]);
  });
});

async function query(platform: Platform, sql: string): Promise<unknown> {
  const { host, port, user, password, database } = platform.run().mysql;
  const connection = await createConnection({ host, port, user, password, database });
  try {
    const [rows] = await connection.query(sql);
    return rows;
  } finally {
    await connection.end();
  }
}
