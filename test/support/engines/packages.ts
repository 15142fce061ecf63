import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const Unpacked = z.object({ folder: z.string(), libraries: z.string() });

/** Where packages have been unpacked, and where their libraries are. */
export type Unpacked = z.output<typeof Unpacked>;

/** A program, and what comes first on its command line. */
export type Program = Readonly<{ program: string; before: readonly string[] }>;

/** Unpacks an engine's Debian packages, once for all runs, without changing the system. @throws when they cannot be had. */
export async function unpack(name: string): Promise<Unpacked> {
  const folder = join(process.env['TEST_SERVERS_FOLDER'] ?? '', name);
  const words = [join(import.meta.dirname, 'unpack-packages.js'), folder, name];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 900_000 });
  return Unpacked.parse(JSON.parse(stdout));
}

/** A program of another suite, which is started by the loader that fits its libraries. */
export async function programOf({ folder, libraries }: Unpacked, path: string): Promise<Program> {
  const [library = ''] = libraries.split(':');
  const loader = (await readdir(library)).find((name) => /^ld-linux.*\.so\.\d$/.test(name)) ?? '';
  return { program: join(library, loader), before: ['--library-path', libraries, join(folder, path)] };
}
