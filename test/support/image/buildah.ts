import { execFile, spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { follow, until } from '../processes/process.ts';
import { layBase } from './base-image.ts';
import type { ImageEngine } from './engine.ts';

const { unpackPackages } = z
  .object({
    unpackPackages: z.custom<(tree: string, names: readonly string[]) => Promise<{ env: { LD_LIBRARY_PATH: string } }>>(
      (value) => typeof value === 'function',
    ),
  })
  .parse(await import(new URL('../../../bin/servers/debian-packages.js', import.meta.url).href));

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../../../.data/image', import.meta.url));
const image = 'localhost/orderflow-under-test';
// What isolation by chroot gives a container of this machine's, and what is mounted into it.
const mounted = ['proc', 'sys', 'dev', 'run', 'etc/resolv.conf', 'etc/hosts', 'etc/hostname'];

/**
 * Debian's buildah, unpacked beside the data of the tests, with the Dockerfile's base made of Debian's packages and npm's
 * Node. It runs as root alone: a mount namespace of its own gives it its libraries, and the system stays as it is.
 * @throws where that cannot be had.
 */
export async function openBuildah(): Promise<ImageEngine> {
  if (process.getuid?.() !== 0) throw new Error('needs root');
  await mkdir(folder, { recursive: true });
  const tree = join(folder, 'buildah');
  const { env } = await unpackPackages(tree, ['buildah']);
  const libraries = env.LD_LIBRARY_PATH.split(':').find((place) => place.includes('/usr/lib/')) ?? '';
  const storage = [
    '--storage-driver',
    'vfs',
    '--root',
    join(folder, 'storage'),
    '--runroot',
    join(folder, 'storage-run'),
  ];
  const mount = 'mount -t overlay overlay -o "lowerdir=$1:$2" "$2" && shift 2 && exec "$@"';
  const wrapped = (args: readonly string[]): readonly [string, string[]] => [
    'unshare',
    [
      '-m',
      'sh',
      '-c',
      mount,
      'sh',
      libraries,
      libraries.slice(tree.length),
      join(tree, 'usr/bin/buildah'),
      ...storage,
    ].concat(args),
  ];
  const ask = async (...args: string[]) => (await run(...wrapped(args), { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
  await ask('--version');
  const policy = join(folder, 'policy.json');
  await writeFile(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const unsigned = ['--signature-policy', policy];
  return {
    name: 'buildah, isolated by chroot, on a base of Debian packages',
    async build(context) {
      await layBase(join(folder, 'base'), ask, unsigned);
      const how = ['--isolation=chroot', '--pull=never', '--format=docker', ...unsigned];
      await ask('build', ...how, '-t', image, context);
    },
    async start(command, variables) {
      const container = await ask('from', '--pull=never', ...unsigned, image);
      const root = await ask('mount', container);
      const marker = join(folder, `${container}.began`);
      await writeFile(marker, '');
      const given = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      const inside = ['run', '--isolation=chroot', ...given, container, ...command];
      const started = follow(spawn(...wrapped(inside), { stdio: ['ignore', 'pipe', 'pipe'] }));
      const ended = async () => (await started.ended) ?? -1;
      return {
        output: async () => started.output(),
        ended,
        async terminate() {
          process.kill(await until('its process is there', () => lastOf(started.pid)), 'SIGTERM');
          return ended();
        },
        async written() {
          const skipped = mounted.flatMap((name) => ['-path', `./${name}`, '-prune', '-o']);
          const found = ['.', ...skipped, '-newer', marker, '-type', 'f', '-print'];
          return (await run('find', found, { cwd: root })).stdout.split('\n').filter(Boolean);
        },
        async remove() {
          await started.signal('SIGKILL');
          await ask('rm', container);
          await rm(marker);
        },
      };
    },
    close: async () => void (await ask('rmi', '--all', '--force')),
  };
}

/** The last of the processes that one has started, each the next: a container's own, once it is there. */
async function lastOf(pid: number): Promise<number | undefined> {
  const { stdout } = await run('ps', ['-e', '-o', 'pid=,ppid=,args=']);
  const rows = stdout.split('\n').map((line) => /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? []);
  const below = (parent: number, args: string): number | undefined => {
    const [, child, , theirs = ''] = rows.find(([, , of]) => Number(of) === parent) ?? [];
    if (child !== undefined) return below(Number(child), theirs);
    return /buildah/.test(args) ? undefined : parent;
  };
  return below(pid, 'buildah');
}
