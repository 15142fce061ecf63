import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { glob } from 'node:fs/promises';
import { z } from 'zod';

const Packages = z.object({
  unpackPackages: z.custom<(tree: string, names: readonly string[]) => Promise<unknown>>(
    (value) => typeof value === 'function',
  ),
});

/** A clock that a process believes, and that can be set under way. */
export type WrongClock = Readonly<{
  /** What the process is to be started with. */
  env: Readonly<Record<string, string>>;
  /** Sets it to so many seconds before or after the right time; the process sees it within a second. */
  set(seconds: number): void;
  close(): void;
}>;

/** Debian's libfaketime, unpacked beside the data of the tests; undefined where it cannot be had. */
async function findLibrary(): Promise<string | undefined> {
  const { unpackPackages } = Packages.parse(
    await import(new URL('../../../bin/servers/debian-packages.js', import.meta.url).href),
  );
  const tree = fileURLToPath(new URL('../../../.data/faketime', import.meta.url));
  await unpackPackages(tree, ['libfaketime']).catch(() => {});
  // That for programs with threads.
  for await (const name of glob('usr/lib/*/faketime/libfaketimeMT.so.1', { cwd: tree })) return join(tree, name);
  return undefined;
}

/** Makes clocks that are right until they are set; undefined where there are none. */
export async function findClocks(): Promise<(() => WrongClock) | undefined> {
  const library = await findLibrary();
  if (library === undefined) return undefined;
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'orderflow-clock-'));
    const file = join(folder, 'clock');
    const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    set(0);
    return {
      set,
      env: {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_CACHE_DURATION: '1',
        // Time that only goes on is no clock's.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  };
}
