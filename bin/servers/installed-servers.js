import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runTool } from '../tools/run-tool.js';

const programs = { mysql: ['mariadbd', 'mysqld'], redis: ['redis-server', 'valkey-server'] };

const oldest = { MariaDB: [10, 11], MySQL: [8, 0], Redis: [7, 0], Valkey: [8, 0] };

/** Where servers are installed: the PATH, and folders that hold them without being on a user's PATH. */
export function installFolders(path) {
  const others = [
    '/usr/sbin',
    '/usr/local/sbin',
    '/usr/local/bin',
    '/usr/libexec',
    '/usr/local/mysql/bin',
    '/opt/homebrew/bin',
  ];
  return [...new Set([...path.split(delimiter).filter((folder) => folder.startsWith('/')), ...others])];
}

/**
 * The first usable server of that kind in those folders, whatever its make: `{ program, product, version }`, or undefined.
 * Of `product` alone where one is named. `unusable` collects, in words, what was found and why it will not do.
 */
export async function findServer(kind, folders, { env = {}, unusable = [], product } = {}) {
  for (const folder of folders)
    for (const name of programs[kind]) {
      const program = join(folder, name);
      if (!isProgram(program)) continue;
      const { code, output } = await runTool(program, ['--version'], { env, ms: 10_000 });
      const found = code === 0 ? identify(output) : undefined;
      const isWanted = product === undefined || found?.product === product;
      if (found && isWanted && isNewEnough(found)) return { program, ...found };
      if (found && !isWanted) unusable.push(`${program} is ${found.product}`);
      else
        unusable.push(found ? `${program} is ${found.product} ${found.version}, too old` : `${program} does not run`);
    }
  return undefined;
}

function identify(output) {
  const version = /\b(?:v=|Ver )(\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (!version) return undefined;
  if (/MariaDB/i.test(output)) return { product: 'MariaDB', version };
  if (/Valkey/i.test(output)) return { product: 'Valkey', version };
  return { product: /Redis/i.test(output) ? 'Redis' : 'MySQL', version };
}

function isNewEnough({ product, version }) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldest[product];
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
