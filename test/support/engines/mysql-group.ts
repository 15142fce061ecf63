import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { freePorts, until } from '../processes/process.ts';
import { runAsRoot } from './as-root.ts';
import { programOf, unpack } from './packages.ts';
import { loopback, openPlaces } from './place.ts';
import { endNodes, type Engines, type Node, openFolder, planNode } from './server-node.ts';

const run = promisify(execFile);
const Members = z.array(z.object({ port: z.coerce.number(), state: z.string(), role: z.string() }));
const members = `select member_port as port, member_state as state, member_role as role
  from performance_schema.replication_group_members`;

/** Three MySQL 9 in one group, of which one takes writes and the group names the next. */
export async function startMysqlGroup(): Promise<Engines> {
  const mysql = await mysqlOfDebian();
  const folder = await openFolder('group');
  const [ports, groupPorts, places] = [await freePorts(3), await freePorts(3), await openPlaces(3)];
  const locals = groupPorts.map((port, index) => `${places[index]?.host}:${port}`);
  const seed = join(folder, 'seed');
  await run(mysql.program, [...mysql.args, '--initialize-insecure', `--datadir=${seed}`], { env: {} });
  // Each names itself at its first start.
  await rm(join(seed, 'auto.cnf'), { force: true });
  for (const port of ports) await cp(seed, join(folder, String(port), 'data'), { recursive: true });
  const nodes = ports.map((port, index) => {
    const own = join(folder, String(port));
    const place = places[index] ?? loopback;
    const address = [
      `--bind-address=${place.host}`,
      `--report-host=${place.host}`,
      `--datadir=${join(own, 'data')}`,
      `--tmpdir=${own}`,
      `--port=${port}`,
      `--server-id=${index + 1}`,
      `--socket=${own}/s`,
    ];
    const group = [`local_address=${locals[index]}`, `group_seeds=${locals.join()}`];
    const args = [
      ...mysql.args,
      ...address,
      ...replicated,
      ...group.map((each) => `--loose-group_replication_${each}`),
    ];
    return planNode({
      place,
      port,
      folder: own,
      program: mysql.program,
      args,
      saysReady: /ready for connections.*port: \d/,
    });
  });
  await Promise.all(nodes.map((node) => node.start()));
  const asRoot = (node: Node, ...statements: string[]) => runAsRoot(join(folder, String(node.port), 's'), statements);
  const joinGroup = async (node: Node) => {
    await asRoot(node, `start group_replication user = 'follower', password = 'follow'`);
  };
  for (const node of nodes)
    await asRoot(
      node,
      'set session sql_log_bin = 0',
      `create user follower@'%' identified with caching_sha2_password by 'follow'`,
      `grant replication slave, backup_admin, clone_admin, connection_admin, group_replication_stream on *.* to follower@'%'`,
      'set persist group_replication_recovery_get_public_key = on',
    );
  const [founder, ...others] = nodes;
  if (!founder) throw new Error('a group has members');
  await asRoot(founder, 'set global group_replication_bootstrap_group = on');
  await joinGroup(founder);
  await asRoot(founder, 'set global group_replication_bootstrap_group = off');
  for (const node of others) await joinGroup(node);
  const look = async (among: readonly Node[] = nodes) => {
    for (const node of among) {
      const seen = await asRoot(node, members).catch(() => []);
      const online = Members.parse(seen).filter(({ state }) => state === 'ONLINE');
      if (online.length > 1) return online;
    }
    return [];
  };
  const whole = () => until('three are online', async () => (await look()).length === 3 || undefined);
  await whole();
  await asRoot(
    founder,
    `create user shop@'%' identified by 'shop'`,
    `grant all on \`orderflow%\`.* to shop@'%'`,
    `grant select on performance_schema.replication_group_members to shop@'%'`,
  );
  return {
    env: {
      MYSQL_HOST: nodes.map(({ host, port }) => `${host}:${port}`).join(),
      MYSQL_USER: 'shop',
      MYSQL_PASSWORD: 'shop',
      MYSQL_PORT: '',
    },
    async writer() {
      return until('one takes writes', async () => {
        const primary = (await look()).find(({ role }) => role === 'PRIMARY');
        return nodes.find(({ port }) => port === primary?.port);
      });
    },
    async successor(lost) {
      const primary = (await look(nodes.filter((node) => node !== lost))).find(({ role }) => role === 'PRIMARY');
      return nodes.find((node) => node !== lost && node.port === primary?.port);
    },
    async bringBack(node) {
      await node.wake();
      // One that was frozen believes for a moment that it is still a member, and may be on its way back by itself.
      await asRoot(node, 'stop group_replication').catch(() => {});
      await until('it joins', async () =>
        joinGroup(node).then(
          () => true,
          () => undefined,
        ),
      );
      await whole();
    },
    stop: () => endNodes(folder, nodes),
  };
}

const replicated = [
  '--mysqlx=OFF',
  '--gtid-mode=ON',
  '--enforce-gtid-consistency=ON',
  '--log-bin=binlog',
  '--innodb-buffer-pool-size=128M',
  '--innodb-redo-log-capacity=64M',
  '--innodb-flush-log-at-trx-commit=1',
  '--sync-binlog=1',
  '--plugin-load-add=group_replication.so',
  '--plugin-load-add=mysql_clone.so',
  '--loose-group_replication_group_name=6b9b5a24-3b0c-4c52-9d0d-8a3f8f5f1f10',
  '--loose-group_replication_start_on_boot=OFF',
  '--loose-group_replication_ip_allowlist=127.0.0.0/8,10.99.0.0/24',
  '--loose-group_replication_member_expel_timeout=0',
];

/** MySQL 9 of Debian's unstable suite. */
async function mysqlOfDebian() {
  const unpacked = await unpack('mysql-sid');
  const { program, before } = await programOf(unpacked, 'usr/sbin/mysqld');
  const [base, share] = [join(unpacked.folder, 'usr'), join(unpacked.folder, 'usr/share/mysql')];
  const files = [`--basedir=${base}`, `--lc-messages-dir=${share}`, `--character-sets-dir=${share}/charsets`];
  const plugins = `--plugin-dir=${join(base, 'lib/mysql/plugin')}`;
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  return { program, args: [...before, '--no-defaults', '--secure-file-priv=NULL', ...files, plugins, ...user] };
}
