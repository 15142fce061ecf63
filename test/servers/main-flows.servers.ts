import { expect, onTestFinished, test } from 'vitest';
import { startGalera } from '../support/engines/galera.ts';
import { seeMainFlows } from '../support/engines/main-flows.ts';
import { startMysqlGroup } from '../support/engines/mysql-group.ts';
import { programOf, unpack } from '../support/engines/packages.ts';
import { startRedisCluster } from '../support/engines/redis-cluster.ts';
import { ask, redisNode } from '../support/engines/redis-node.ts';
import { endNodes, openFolder } from '../support/engines/server-node.ts';
import { startPlatform } from '../support/processes/platform.ts';
import { freePort } from '../support/processes/process.ts';

type Brought = Readonly<{ env: Readonly<Record<string, string>>; stop(): Promise<void> }>;

const programs = {
  redis: async () => programOf(await unpack('redis-sid'), 'usr/bin/redis-server'),
  valkey: async () => programOf(await unpack('valkey-sid'), 'usr/bin/valkey-server'),
};

/** One server, of which it is certain that it is the one that was asked for. */
async function bringOne(name: keyof typeof programs): Promise<Brought> {
  const program = await programs[name]();
  const folder = await openFolder(name);
  const node = redisNode(folder, await freePort(), [], { other: program });
  await node.start();
  expect(String(await ask(node, 'INFO', 'server'))).toMatch(
    name === 'redis' ? /redis_version:8/ : /valkey_version:[89]/,
  );
  const env = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(node.port), REDIS_DB: '0' };
  return { env, stop: () => endNodes(folder, [node]) };
}

const brought: Readonly<Record<string, () => Promise<Brought>>> = {
  'Redis 8': () => bringOne('redis'),
  Valkey: () => bringOne('valkey'),
  'a Valkey cluster of six': async () => startRedisCluster([], await programs.valkey()),
  'a MySQL group of three': startMysqlGroup,
  'a Galera cluster of three behind HAProxy': startGalera,
};

test.each(Object.entries(brought))(
  '%s: orders are paid and announced, prices read, queues shown and stopped',
  async (name, bring) => {
    const servers = await bring().catch(
      (error: unknown) => void process.stdout.write(`${name}: not run: ${String(error)}\n`),
    );
    if (!servers) return;
    const platform = await startPlatform({ env: servers.env });
    onTestFinished(async () => {
      await platform.stop();
      await servers.stop();
    });
    await seeMainFlows(platform);
  },
);
