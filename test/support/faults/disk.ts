import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const megabyte = Buffer.alloc(1_048_576, 1);

/** A small disk of its own. */
export type Disk = Readonly<{
  folder: string;
  /** Fills it to its last byte. */
  fill(): Promise<void>;
  /** Gives back what `fill` has taken. */
  free(): Promise<void>;
  close(): Promise<void>;
}>;

/** Whether this process may have disks of its own. */
export const mayMount = process.platform === 'linux' && process.getuid?.() === 0;

/** Makes one of so many megabytes, in memory. @throws where that is not allowed */
export async function openDisk(megabytes: number): Promise<Disk> {
  const folder = await mkdtemp(join(tmpdir(), 'orderflow-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'orderflow', folder]);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    async fill() {
      const endless = Readable.from(
        (function* () {
          for (;;) yield megabyte;
        })(),
      );
      await pipeline(endless, createWriteStream(ballast)).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      });
    },
    free: () => rm(ballast, { force: true }),
    async close() {
      // Whoever has just ended may hold a file of it for a moment.
      await run('umount', ['--lazy', folder]);
      await rmdir(folder);
    },
  };
}
