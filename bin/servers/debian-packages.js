import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CannotStart } from '../tools/cannot-start.js';
import { withLock } from '../tools/lock-file.js';
import { runTool } from '../tools/run-tool.js';

const servers = ['mariadb-server-core', 'redis-server', 'redis-tools'];
/** Whose data the packages' server of MySQL's kind can read. */
export const packagedProduct = 'MariaDB';

/** Whether this system has Debian's package tools. */
export async function isDebian() {
  const found = await Promise.all(['apt-get', 'dpkg-deb'].map((name) => runTool(name, ['--version'], { ms: 5000 })));
  return found.every(({ code }) => code === 0) && existsSync('/var/lib/dpkg/status');
}

/**
 * Downloads the server packages and unpacks them under `folder`, once: as any user, installing nothing, changing
 * nothing of the system. Answers where their programs are and the environment they need.
 */
export async function unpackServers(folder, detail) {
  return unpackPackages(join(folder, 'debian'), servers, detail);
}

/**
 * The same for any packages, with what they need, into the folder `tree`. Those of another `suite` come with everything below them: what
 * the system has is of no use to them.
 */
export async function unpackPackages(tree, packages, detail = () => {}, suite) {
  mkdirSync(dirname(tree), { recursive: true });
  if (!existsSync(tree))
    await withLock(`${tree}.lock`, 900_000, async () => existsSync(tree) || fetchInto(tree, packages, detail, suite));
  const libraries = ['usr/lib', 'lib'].flatMap((place) => librariesIn(join(tree, place)));
  const folders = ['usr/sbin', 'usr/bin'].map((place) => join(tree, place));
  return { folders, env: { LD_LIBRARY_PATH: libraries.join(':') } };
}

async function fetchInto(tree, packages, detail, suite) {
  const apt = `${tree}.apt`;
  const draft = `${tree}.new`;
  for (const each of [apt, draft]) rmSync(each, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const options = aptOptions(apt, suite);
  detail('package lists');
  const lists = await runTool('apt-get', [...options, 'update'], { ms: 300_000 });
  detail('packages');
  // A copy of the system's status: only what the system lacks is fetched, and these even when it has them.
  const wanted = ['-y', '--download-only', '--reinstall', 'install', ...packages];
  const download = await runTool('apt-get', [...options, ...wanted], { ms: 600_000 });
  if (download.code !== 0)
    throw new CannotStart(
      `${packages.join(', ')} could not be downloaded:\n${`${lists.output}${download.output}`.trim().slice(-1500)}`,
      `Install them instead: sudo apt-get install ${packages.join(' ')}`,
    );
  detail('unpacking');
  const archives = join(apt, 'cache', 'archives');
  for (const name of readdirSync(archives).filter((each) => each.endsWith('.deb'))) {
    const unpacked = await runTool('dpkg-deb', ['-x', join(archives, name), draft]);
    if (unpacked.code !== 0) throw new Error(`${name} could not be unpacked: ${unpacked.output}`);
  }
  rmSync(apt, { recursive: true });
  renameSync(draft, tree);
}

/** A state of its own for apt: own lists, own cache, no lock, no other user, the distribution's own sources only. */
function aptOptions(apt, suite) {
  for (const part of ['lists/partial', 'cache/archives/partial', 'sources'])
    mkdirSync(join(apt, part), { recursive: true });
  if (suite) writeFileSync(join(apt, 'status'), '');
  else copyFileSync('/var/lib/dpkg/status', join(apt, 'status'));
  const own = ['debian.sources', 'ubuntu.sources'].filter((name) => existsSync(`/etc/apt/sources.list.d/${name}`));
  for (const name of own) {
    const [first, ...others] = readFileSync(`/etc/apt/sources.list.d/${name}`, 'utf8').split(/\n{2,}/);
    const ofSuite = first.replace(/^Suites:.*$/m, `Suites: ${suite}`);
    writeFileSync(join(apt, 'sources', name), suite ? ofSuite : [first, ...others].join('\n\n'));
  }
  writeFileSync(join(apt, 'preferences'), '');
  const settings = {
    'Dir::State': apt,
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': join(apt, 'cache'),
    'Dir::Etc::preferences': join(apt, 'preferences'),
    ...(own.length > 0 && { 'Dir::Etc::sourceparts': join(apt, 'sources') }),
    'Debug::NoLocking': '1',
    'APT::Sandbox::User': '',
    'APT::Install-Recommends': '0',
    'APT::Keep-Downloaded-Packages': '1',
    'Binary::apt-get::APT::Keep-Downloaded-Packages': '1',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '30',
  };
  return ['-qq', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}

/** Libraries stand in a folder named after the architecture, and some in folders below it. */
function librariesIn(place) {
  if (!existsSync(place)) return [];
  const triplets = readdirSync(place).filter((name) => name.includes('-linux-'));
  return triplets.map((name) => join(place, name));
}
