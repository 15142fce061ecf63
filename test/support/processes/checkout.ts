import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { plainEnvironment } from './platform-process.ts';
import { patienceMs } from './process.ts';

/** A copy of the repository as it stands, with its dependencies and its live page; a `.env` of the developer's is not in it. */
export interface Checkout extends Disposable {
  readonly folder: string;
  readonly dataDirectory: string;
  /** Does what a newcomer types there. */
  run(command: string): Readonly<{ status: number | null; output: string }>;
}

/** Makes a checkout of its own in the system's folder for temporary files. */
export function makeCheckout(): Checkout {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'orderflow-checkout-')));
  const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const name of names.split('\0').filter((each) => isPart(each))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(name, join(folder, name));
  }
  symlinkSync(realpathSync('node_modules'), join(folder, 'node_modules'));
  // Built already, of these very sources.
  const livePage = join('dashboard', 'dist');
  if (existsSync(livePage)) cpSync(livePage, join(folder, livePage), { recursive: true });
  const dataDirectory = join(folder, '.data');
  // Where no servers are installed, those that this run has unpacked are used again.
  const unpacked = join(process.cwd(), '.data', 'servers');
  mkdirSync(dataDirectory);
  if (existsSync(unpacked)) symlinkSync(unpacked, join(dataDirectory, 'servers'));
  return {
    folder,
    dataDirectory,
    run(command) {
      const options = { cwd: folder, env: plainEnvironment(), encoding: 'utf8', timeout: 4 * patienceMs } as const;
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], options);
      return { status, output: stdout + stderr };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Dependencies may be a link, which no ignore rule for folders catches; a deleted file is still listed. */
function isPart(name: string): boolean {
  return name !== '' && name !== 'node_modules' && existsSync(name);
}
