import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { isDebian, unpackPackages, unpackServers } from './servers/debian-packages.js';
import { enginePackages } from './servers/engine-packages.js';
import { findServer, installFolders } from './servers/installed-servers.js';
import { givenServers } from './servers/servers.js';
import { readEnvironment, root } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { install } from './tools/install.js';
import { runTool } from './tools/run-tool.js';
import { Steps } from './tools/steps.js';
import { onStop } from './tools/stop-signals.js';

// Failovers of real clusters, in a network of this run's own where that can be had, so that servers can be cut off in it.
// npm run drill -- [test/drill/NAME]…      (docs/engines.md says what is drilled)

const environment = readEnvironment();
const steps = new Steps({ isPlain: environment.isPlain });
const cacheFolder = join(environment.dataDirectory, 'servers');
const words = [join(root, 'bin', 'test.js'), '--config', 'vitest.drill.ts', ...process.argv.slice(2)];
// With a switch, of which servers are pulled; all of it goes with the last process. Its address is its own: it would take that of a port.
const ownNetwork = `
  ip link set lo up
  ip link add switch address 02:00:00:00:00:00 type bridge
  ip address add 10.99.0.254/24 dev switch
  ip link set switch up
  exec "$@"`;
const inOwnNetwork = ['unshare', '--net', 'sh', '-ec', ownNetwork, 'sh'];
let drilling;

/** From a network of its own nothing can be downloaded any more. */
async function fetchAll() {
  await install(environment, steps);
  if (!(await isDebian())) return;
  for (const name of ['galera', 'mysql-sid']) {
    const { packages, suite } = enginePackages[name];
    const fetched = (detail) => unpackPackages(join(cacheFolder, name), packages, detail, suite);
    // What cannot be had is said again by the drill that needs it.
    await steps.step(`Packages of ${name}`, fetched).catch((error) => steps.say(explain(error)));
  }
}

/** Why this run cannot have a network of its own; nothing where it can. */
async function findFault() {
  const { mysql, redis } = givenServers(environment);
  if (mysql || redis) return 'MySQL or Redis is named, and would not be reached from a network of its own';
  const [command, ...rest] = [...inOwnNetwork, 'true'];
  const tried = await runTool(command, rest);
  if (tried.code !== 0) return `no network of its own: ${tried.output.trim()}`;
  const kinds = await Promise.all(['mysql', 'redis'].map((kind) => findServer(kind, installFolders(environment.path))));
  if (kinds.every(Boolean)) return '';
  if (!(await isDebian()))
    return 'MySQL and Redis are not installed, and would not be reached from a network of its own';
  await steps.step('MySQL and Redis', (detail) => unpackServers(cacheFolder, detail));
  return '';
}

function drill(fault) {
  const [command, ...rest] = [...(fault ? [] : inOwnNetwork), process.execPath, ...words];
  const env = { ...environment.all, DRILL_NETWORK: fault || 'own' };
  return new Promise((resolve) => {
    drilling = spawn(command, rest, { env, stdio: 'inherit' });
    drilling.once('error', () => resolve(1));
    drilling.once('exit', (code) => resolve(code ?? 1));
  });
}

onStop(environment, () => (drilling ? drilling.kill('SIGTERM') : process.exit(130)));
try {
  await fetchAll();
  process.exitCode = await drill(await findFault());
} catch (error) {
  steps.say(explain(error));
  process.exitCode = 1;
}
process.exit();
