import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const Unpacked = z.object({ folder: z.string(), libraries: z.string() });

/** Where packages have been unpacked, and where their libraries are. */
export type Unpacked = z.output<typeof Unpacked>;

/** Unpacks Debian packages, once for all runs, without changing the system. @throws when they cannot be had. */
export async function unpack(name: string, suite: string, packages: readonly string[]): Promise<Unpacked> {
  const folder = join(process.env['TEST_SERVERS_FOLDER'] ?? '', name);
  const words = [join(import.meta.dirname, 'unpack-packages.js'), folder, suite, ...packages];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 900_000 });
  return Unpacked.parse(JSON.parse(stdout));
}
