import { appendFile, copyFile, cp, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const { unpackPackages } = z
  .object({
    unpackPackages: z.custom<(tree: string, names: readonly string[]) => Promise<unknown>>(
      (value) => typeof value === 'function',
    ),
  })
  .parse(await import(new URL('../../../bin/servers/debian-packages.js', import.meta.url).href));

/** What node:24-slim has of Debian, as far as our Dockerfile asks for it. */
const packages =
  'base-files base-passwd libc6 libc-bin libgcc-s1 libstdc++6 libcrypt1 dash coreutils libacl1 libattr1 libselinux1 ' +
  'libpcre2-8-0 libgmp10 libssl3';
const base = 'docker.io/library/node:24-slim';
const certificates = 'etc/ssl/certs/ca-certificates.crt';

type Ask = (...args: string[]) => Promise<string>;

/** Makes an image of the name that the Dockerfile begins with, of Debian's packages, npm's Node and this machine's npm. */
export async function layBase(folder: string, ask: Ask, unsigned: readonly string[]): Promise<void> {
  if ((await ask('images', '--quiet', '--filter', `reference=${base}`)) !== '') return;
  await unpackPackages(folder, packages.split(' '));
  if (!(await isThere(join(folder, 'usr/local/bin/npm')))) await complete(folder);
  const container = await ask('from', 'scratch');
  await ask('copy', '--quiet', container, folder, '/');
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await ask('config', '--env', path, '--env', `NODE_EXTRA_CA_CERTS=/${certificates}`, container);
  await ask('commit', '--rm', '--quiet', ...unsigned, container, base);
}

async function complete(folder: string): Promise<void> {
  for (const [name, line] of [
    ['passwd', 'node:x:1000:1000::/home/node:/bin/sh\n'],
    ['group', 'node:x:1000:\n'],
  ] as const) {
    await copyFile(join(folder, `usr/share/base-passwd/${name}.master`), join(folder, 'etc', name));
    await appendFile(join(folder, 'etc', name), line);
  }
  for (const place of ['home/node', 'usr/local/bin', 'usr/local/lib/node_modules', dirname(certificates)])
    await mkdir(join(folder, place), { recursive: true });
  await copyFile(process.execPath, join(folder, 'usr/local/bin/node'));
  const { stdout } = await promisify(execFile)('npm', ['root', '--global']);
  await cp(join(stdout.trim(), 'npm'), join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true });
  // A machine whose network has certificates of its own needs them to reach the registry.
  if (await isThere(`/${certificates}`)) await copyFile(`/${certificates}`, join(folder, certificates));
  const programs = (await readdir(join(folder, 'usr/local/lib/node_modules/npm/bin'))).filter((name) =>
    /^np[mx]-cli\.js$/.test(name),
  );
  for (const name of programs)
    await symlink(`../lib/node_modules/npm/bin/${name}`, join(folder, 'usr/local/bin', name.replace('-cli.js', '')));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
