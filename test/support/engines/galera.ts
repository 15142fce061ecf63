import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { bare, freePort, freePorts, until } from '../processes/process.ts';
import { runAsRoot } from './as-root.ts';
import { unpack } from './packages.ts';
import { endNodes, type Engines, type Node, openFolder, planNode } from './server-node.ts';

const run = promisify(execFile);
const Plan = z.object({
  command: z.string(),
  args: z.array(z.string()),
  connection: z.object({ password: z.string() }),
});
const Status = z.array(z.object({ Value: z.string() })).min(1);

/** Three MariaDB in a Galera cluster behind an HAProxy that sends all writes to one of them. */
export async function startGalera(): Promise<Engines> {
  const { folder: unpacked, libraries } = await unpack('galera', '', ['galera-4', 'haproxy']);
  const folder = await openFolder('galera');
  const ports = await freePorts(3);
  const groupPorts = await freePorts(9);
  const plan = await seedOf(folder, ports[0] ?? 0);
  const [first = 0] = ports;
  const address = groupPorts
    .slice(0, 3)
    .map((port) => `127.0.0.1:${port}`)
    .join();
  const argsOf = (index: number, port: number) => [
    ...plan.args.filter((flag) => !/^--(init-file|skip-log-bin|datadir|tmpdir|port|socket)/.test(flag)),
    `--datadir=${join(folder, String(port), 'data')}`,
    `--tmpdir=${join(folder, String(port))}`,
    `--socket=${join(folder, String(port), 's')}`,
    `--port=${port}`,
    ...clustered,
    `--wsrep-sst-receive-address=127.0.0.1:${groupPorts[index + 6]}`,
    `--wsrep-provider=${join(unpacked, 'usr/lib/galera/libgalera_smm.so')}`,
    `--wsrep-cluster-address=gcomm://${address}`,
    `--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:${groupPorts[index]};ist.recv_addr=127.0.0.1:${groupPorts[index + 3]}`,
  ];
  const env = {
    LD_LIBRARY_PATH: [libraries, process.env['TEST_LD_LIBRARY_PATH']].filter(Boolean).join(':'),
    // Where it finds wsrep_sst_bypass, and what that needs.
    PATH: `${import.meta.dirname}:${process.env['PATH']}`,
    SST_FOLDER: folder,
  };
  const nodeAt = (port: number, args: () => Promise<readonly string[]>) =>
    planNode({
      port,
      folder: join(folder, String(port)),
      program: plan.command,
      args,
      env,
      saysReady: /ready for connections/,
    });
  const founding = nodeAt(first, async () => [...argsOf(0, first), '--wsrep-new-cluster']);
  await cp(join(folder, 'seed', 'data'), join(folder, String(first), 'data'), { recursive: true });
  await founding.start();
  await founding.process().signal('SIGTERM');
  for (const port of ports.slice(1))
    await cp(join(folder, String(first), 'data'), join(folder, String(port), 'data'), { recursive: true });
  const state = join(folder, String(first), 'data', 'grastate.dat');
  await writeFile(state, (await readFile(state, 'utf8')).replace('safe_to_bootstrap: 0', 'safe_to_bootstrap: 1'));

  let isFounded = false;
  const nodes = ports.map((port, index) =>
    nodeAt(port, async () => {
      const args = argsOf(index, port);
      if (!isFounded) return index === 0 ? [...args, '--wsrep-new-cluster'] : args;
      return [...args, `--wsrep-start-position=${await positionOf(plan.command, args, env)}`];
    }),
  );
  for (const node of nodes) await node.start();
  isFounded = true;
  const status = async ({ port }: Node, name: string) => {
    const rows = await runAsRoot(join(folder, String(port), 's'), [`show status like '${name}'`]).catch(() => []);
    return Status.safeParse(rows).data?.[0]?.Value;
  };
  const whole = () =>
    until('three are in step', async () => {
      const states = await Promise.all(nodes.map((node) => status(node, 'wsrep_local_state_comment')));
      return states.every((each) => each === 'Synced') || undefined;
    });
  await whole();
  await runAsRoot(join(folder, String(first), 's'), [`create user haproxy@'127.0.0.1'`]);
  const proxy = await proxyOf(folder, unpacked, env, ports);
  await proxy.start();
  return {
    env: {
      MYSQL_HOST: '127.0.0.1',
      MYSQL_PORT: String(proxy.port),
      MYSQL_USER: 'orderflow',
      MYSQL_PASSWORD: plan.connection.password,
    },
    async writer() {
      const [node] = nodes;
      if (!node) throw new Error('a cluster has nodes');
      return node;
    },
    async bringBack(node) {
      await node.wake();
      await whole();
    },
    stop: () => endNodes(folder, [...nodes, proxy]),
  };
}

const clustered = [
  '--wsrep-on=ON',
  '--binlog-format=ROW',
  '--default-storage-engine=InnoDB',
  '--innodb-autoinc-lock-mode=2',
  '--innodb-flush-log-at-trx-commit=1',
  // A node that comes back brings its own data, and gets what it lacks out of the others' memory.
  '--wsrep-sst-method=bypass',
  '--wsrep-node-address=127.0.0.1',
];

/** A data directory with the product's user, as `npm start` makes it; all three begin with a copy. */
async function seedOf(folder: string, port: number): Promise<z.output<typeof Plan>> {
  const program = process.env['TEST_MYSQL_SERVER'] ?? '';
  const script = join(dirname(import.meta.dirname), 'stores', 'prepare-mysql.js');
  const { stdout } = await run(process.execPath, [script, program, join(folder, 'seed'), String(port), 'orderflow'], {
    env: { ...bare(), LD_LIBRARY_PATH: process.env['TEST_LD_LIBRARY_PATH'] ?? '' },
  });
  const plan = Plan.parse(JSON.parse(stdout));
  if (!/mariadb/i.test((await run(plan.command, ['--version'])).stdout)) throw new Error('Galera needs a MariaDB here');
  const saysReady = /ready for connections/;
  const seed = planNode({
    port,
    folder: join(folder, 'seed', 'data'),
    program: plan.command,
    args: plan.args,
    saysReady,
  });
  await seed.start();
  await seed.process().signal('SIGTERM');
  return plan;
}

/** How far a node had come when it was killed. */
async function positionOf(program: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const { stderr, stdout } = await run(program, [...args, '--wsrep-recover'], { env: { ...bare(), ...env } });
  return /Recovered position: (\S+)/.exec(stderr + stdout)?.[1] ?? '';
}

/** Sends everybody to the first that is there; nobody stays at another when it is back. */
async function proxyOf(
  folder: string,
  unpacked: string,
  env: Record<string, string>,
  ports: readonly number[],
): Promise<Node> {
  const port = await freePort();
  const servers = ports.map((each, index) => {
    const role = index === 0 ? 'on-marked-up shutdown-backup-sessions' : 'backup';
    return `  server n${index} 127.0.0.1:${each} check inter 300 fall 2 rise 3 on-marked-down shutdown-sessions ${role}`;
  });
  const lines = [
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  timeout check 500ms',
    'listen mysql',
    `  bind 127.0.0.1:${port}`,
    '  option mysql-check user haproxy',
    ...servers,
  ];
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, `${lines.join('\n')}\n`);
  const program = join(unpacked, 'usr/sbin/haproxy');
  return planNode({
    port,
    folder,
    program,
    args: ['-V', '-db', '-f', file],
    env,
    saysReady: /as the polling mechanism/,
  });
}
