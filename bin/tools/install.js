import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CannotStart } from './cannot-start.js';
import { root } from './environment.js';
import { withLock } from './lock-file.js';
import { runTool } from './run-tool.js';

const modules = join(root, 'node_modules');
const stampFile = join(modules, '.orderflow-install');

/** Installs the dependencies when they are missing or not those of the lockfile. Safe for several commands at once. */
export async function install(environment, steps) {
  if (isInstalled()) return;
  mkdirSync(join(root, '.data'), { recursive: true });
  await withLock(join(root, '.data', 'install.lock'), 600_000, async () => {
    if (isInstalled()) return;
    await steps.step('Install dependencies (npm ci)', () => runNpm(environment));
    writeFileSync(stampFile, stamp());
  });
}

function isInstalled() {
  if (read(stampFile) === stamp()) return true;
  // Someone ran npm: npm's own record, written last, says whether the result is what the lockfile asks for.
  if (!matchesLockfile()) return false;
  writeFileSync(stampFile, stamp());
  return true;
}

function stamp() {
  const lockfile = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(lockfile).update(`${process.platform}-${process.arch}`).digest('hex');
}

function matchesLockfile() {
  const installed = JSON.parse(read(join(modules, '.package-lock.json')) || '{}').packages;
  if (!installed) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const isMissed = ({ os, cpu, libc, optional }) =>
    !optional || ((os || cpu) && !libc && isAmong(os, process.platform) && isAmong(cpu, process.arch));
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || installed[path]?.version === entry.version) return true;
    // npm leaves out optional packages of other platforms, and what only those need.
    return installed[path] === undefined && !isMissed(entry);
  });
}

function isAmong(list, name) {
  return list === undefined || list.includes(name);
}

async function runNpm(environment) {
  const quiet = ['--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const first = await npm(environment, ['ci', ...quiet]);
  if (first.code === 0) return;
  // A lockfile that npm finds incomplete for this platform still says which versions are meant.
  const isLockfileTrouble = /EUSAGE|can only install|from lock file/.test(first.output);
  const last = isLockfileTrouble ? await npm(environment, ['install', '--no-save', ...quiet]) : first;
  if (last.code === 0) return;
  throw new CannotStart(`npm could not install the dependencies.\n${last.output.trim()}`, remedyOf(last));
}

function npm(environment, args) {
  // Not with the Node in node_modules, which npm is about to replace.
  const isOurs = (folder) => folder.startsWith(modules);
  const env = {
    ...environment.all,
    PATH: environment.path
      .split(delimiter)
      .filter((each) => !isOurs(each))
      .join(delimiter),
  };
  delete env.NODE_ENV;
  return runTool('npm', args, { cwd: root, env });
}

function remedyOf({ code, output }) {
  if (code === 127) return 'npm is not on the PATH; install Node.js with npm from https://nodejs.org';
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONN/.test(output))
    return 'The registry cannot be reached: check the network, or point npm at a mirror with `npm config set registry …`.';
  return 'Delete node_modules and run the command again; if it stays, the lines above are from npm.';
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
