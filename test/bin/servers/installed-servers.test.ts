import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

type FindServer = (kind: string, folders: readonly string[], options?: { unusable: string[] }) => Promise<unknown>;
const { findServer } = z
  .object({ findServer: z.custom<FindServer>((value) => typeof value === 'function') })
  .parse(await import(new URL('../../../bin/servers/installed-servers.js', import.meta.url).href));

it('of several makes of a server the one whose folder stands first in the PATH is taken, unless it is too old', async () => {
  const place = mkdtempSync(join(tmpdir(), 'orderflow-installed-'));
  const install = (folder: string, name: string, says: string) => {
    mkdirSync(join(place, folder), { recursive: true });
    writeFileSync(join(place, folder, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
  };
  install('old', 'mysqld', 'mysqld  Ver 5.7.44 for Linux');
  install('mysql', 'mysqld', 'mysqld  Ver 9.7.4 for Linux');
  install('mariadb', 'mariadbd', 'mariadbd  Ver 10.11.19-MariaDB for Linux');
  const found = async (...folders: string[]) => {
    const unusable: string[] = [];
    const where = folders.map((folder) => join(place, folder));
    return { server: await findServer('mysql', where, { unusable }), unusable };
  };
  try {
    expect(await found('mysql', 'mariadb')).toMatchObject({ server: { product: 'MySQL', version: '9.7.4' } });
    expect(await found('mariadb', 'mysql')).toMatchObject({ server: { product: 'MariaDB', version: '10.11.19' } });
    expect(await found('old', 'mariadb')).toMatchObject({
      server: { product: 'MariaDB' },
      unusable: [expect.stringMatching(/MySQL 5\.7\.44, too old$/)],
    });
  } finally {
    rmSync(place, { recursive: true });
  }
});
