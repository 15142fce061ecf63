import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { bare, freePorts, until } from '../processes/process.ts';
import { runAsRoot, runStatements } from './as-root.ts';
import { openProxy } from './haproxy.ts';
import { unpack } from './packages.ts';
import { loopback, openPlaces } from './place.ts';
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
  const { folder: unpacked, libraries } = await unpack('galera');
  const folder = await openFolder('galera');
  const ports = await freePorts(3);
  const [groupPorts, places] = [await freePorts(9), await openPlaces(3)];
  const hostOf = (index: number) => places[index]?.host ?? '';
  const plan = await seedOf(folder, ports[0] ?? 0);
  const [first = 0] = ports;
  const address = groupPorts
    .slice(0, 3)
    .map((port, index) => `${hostOf(index)}:${port}`)
    .join();
  const argsOf = (index: number, port: number) => [
    ...plan.args.filter((flag) => !/^--(init-file|skip-log-bin|datadir|tmpdir|port|bind-address|socket)/.test(flag)),
    `--datadir=${join(folder, String(port), 'data')}`,
    `--tmpdir=${join(folder, String(port))}`,
    `--socket=${join(folder, String(port), 's')}`,
    `--port=${port}`,
    `--bind-address=${hostOf(index)}`,
    ...clustered,
    `--wsrep-node-address=${hostOf(index)}`,
    `--wsrep-sst-receive-address=${hostOf(index)}:${groupPorts[index + 6]}`,
    `--wsrep-provider=${join(unpacked, 'usr/lib/galera/libgalera_smm.so')}`,
    `--wsrep-cluster-address=gcomm://${address}`,
    `--wsrep-provider-options=${[
      `gmcast.listen_addr=tcp://${hostOf(index)}:${groupPorts[index]}`,
      `ist.recv_addr=${hostOf(index)}:${groupPorts[index + 3]}`,
    ].join(';')}`,
  ];
  const env = {
    LD_LIBRARY_PATH: [libraries, process.env['TEST_LD_LIBRARY_PATH']].filter(Boolean).join(':'),
    // Where it finds wsrep_sst_bypass, and what that needs.
    PATH: `${import.meta.dirname}:${process.env['PATH']}`,
    SST_FOLDER: folder,
  };
  const nodeAt = (index: number, port: number, args: () => Promise<readonly string[]>) =>
    planNode({
      place: places[index] ?? loopback,
      port,
      folder: join(folder, String(port)),
      program: plan.command,
      args,
      env,
      saysReady: /ready for connections/,
    });
  const founding = nodeAt(0, first, async () => [...argsOf(0, first), '--wsrep-new-cluster']);
  await cp(join(folder, 'seed', 'data'), join(folder, String(first), 'data'), { recursive: true });
  await founding.start();
  await founding.process().signal('SIGTERM');
  for (const port of ports.slice(1))
    await cp(join(folder, String(first), 'data'), join(folder, String(port), 'data'), { recursive: true });
  const state = join(folder, String(first), 'data', 'grastate.dat');
  await writeFile(state, (await readFile(state, 'utf8')).replace('safe_to_bootstrap: 0', 'safe_to_bootstrap: 1'));

  let isFounded = false;
  const nodes = ports.map((port, index) =>
    nodeAt(index, port, async () => {
      const args = argsOf(index, port);
      if (!isFounded) return index === 0 ? [...args, '--wsrep-new-cluster'] : args;
      return [
        ...args,
        `--wsrep-start-position=${await positionOf([...(places[index]?.enter ?? []), plan.command, ...args], env)}`,
      ];
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
  await runAsRoot(join(folder, String(first), 's'), [
    `create user haproxy@'%'`,
    `rename user orderflow@'127.0.0.1' to orderflow@'%'`,
  ]);
  const proxy = await openProxy(folder, unpacked, env, nodes);
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
    async successor(lost) {
      const asked = { host: '127.0.0.1', port: proxy.port, user: 'haproxy' };
      const [size] = Status.parse(await runStatements(asked, [`show status like 'wsrep_cluster_size'`]));
      // The first that is there, once it has given up the one that is lost.
      return size?.Value === '2' ? nodes.find((node) => node !== lost) : undefined;
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
async function positionOf(words: readonly string[], env: Record<string, string>): Promise<string> {
  const [program = '', ...args] = words;
  const { stderr, stdout } = await run(program, [...args, '--wsrep-recover'], { env: { ...bare(), ...env } });
  return /Recovered position: (\S+)/.exec(stderr + stdout)?.[1] ?? '';
}
