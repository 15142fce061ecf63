import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

const { claimDataDirectory } = z
  .object({
    claimDataDirectory: z.custom<(path: string) => Promise<Directory>>((value) => typeof value === 'function'),
  })
  .parse(await import(new URL('../../../bin/servers/data-directory.js', import.meta.url).href));
type Directory = Readonly<{ noteChildren(children: readonly unknown[]): void; release(): void }>;

it('a child whose end is heard of after the directory was given back brings nothing back', async () => {
  const path = mkdtempSync(join(tmpdir(), 'orderflow-directory-'));
  const directory = await claimDataDirectory(path);
  directory.noteChildren([{ pid: 1, began: 'never' }]);
  directory.release();
  directory.noteChildren([]);
  expect(existsSync(join(path, 'lock'))).toBe(false);
  rmSync(path, { recursive: true });
  directory.noteChildren([]);
});
