import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { endSession } from './start/end-session.js';
import { Supervisor } from './start/supervisor.js';
import { claimDataDirectory } from './servers/data-directory.js';
import { buildLivePage } from './start/live-page.js';
import { bringServers } from './servers/servers.js';
import { findBrowser } from './servers/test-browser.js';
import { CannotStart } from './tools/cannot-start.js';
import { nothingSaid, readEnvironment, root } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { install } from './tools/install.js';
import { findNode } from './tools/node-24.js';
import { endTools, runTool } from './tools/run-tool.js';
import { Steps } from './tools/steps.js';
import { onStop } from './tools/stop-signals.js';

// The product beside its peer, on durable servers of this run's own.
// npm run bench -- [--quick] [--only NAME]… [--rounds N] [--seconds N]      (docs/performance.md says what is measured)

const environment = readEnvironment();
const steps = new Steps({ isPlain: environment.isPlain });
const folder = join(environment.dataDirectory, `bench-${process.pid}`);
const pids = {};
let measuring;
let isRefused = false;

/** The environment without the product's own settings: the servers are private, and nothing of a `.env` is measured. */
function ownEnvironment() {
  return readEnvironment({ ...environment.all, ...nothingSaid() });
}

/** The page, and a browser to look at it, if there is one. */
async function bringPage(node, cacheFolder) {
  await buildLivePage({ environment, steps, node });
  return findBrowser({ steps, folder: cacheFolder });
}

/** Before servers are brought for it. @throws CannotStart for what cannot be measured. */
async function checkWishes(node) {
  const { code, output } = await runTool(node.path, ['bench/check-wishes.ts', ...process.argv.slice(2)], { cwd: root });
  if (code === 0) return;
  isRefused = true;
  throw new CannotStart(output.trim());
}

async function bench(supervisor) {
  await install(environment, steps);
  const node = await findNode();
  await checkWishes(node);
  const own = ownEnvironment();
  const cacheFolder = join(environment.dataDirectory, 'servers');
  const browser = process.argv.includes('console') ? await bringPage(node, cacheFolder) : undefined;
  const { mysql, redis } = await bringServers({
    environment: own,
    steps,
    supervisor,
    dataDirectory: folder,
    cacheFolder,
  });
  const env = {
    ...own.all,
    TEST_CHROMIUM: browser ?? '',
    BENCH_FOLDER: folder,
    BENCH_MYSQL_PID: String(pids.mysql ?? 0),
    BENCH_REDIS_PID: String(pids.redis ?? 0),
    MYSQL_HOST: mysql.host,
    MYSQL_PORT: String(mysql.port),
    MYSQL_USER: mysql.user,
    MYSQL_PASSWORD: mysql.password,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
  };
  return new Promise((resolve) => {
    // In a session of its own, by which all that it has started can be found and ended.
    measuring = spawn(node.path, ['bench/main.ts', ...process.argv.slice(2)], {
      cwd: root,
      env,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    supervisor.atEnd([process.execPath, join(root, 'bin', 'start', 'end-session.js'), String(measuring.pid)]);
    measuring.once('error', () => resolve(1));
    measuring.once('exit', (code) => resolve(code ?? 1));
  });
}

async function main() {
  const directory = await claimDataDirectory(folder);
  const supervisor = new Supervisor({
    logFolder: join(folder, 'logs'),
    say: (line) => steps.say(line),
    onChange: (parts, children) => {
      directory.noteChildren(children);
      for (const { role, pid } of parts) pids[role] = pid;
    },
  });
  let isStopping = false;
  const finish = async (code) => {
    if (isStopping) return;
    isStopping = true;
    steps.abandon();
    if (measuring) endSession(measuring.pid);
    await supervisor.stop(endTools());
    directory.release();
    // What a measure that failed has written is worth a look.
    if (code === 0 || isRefused) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code);
  };
  onStop(environment, () => finish(130));
  try {
    await finish(await bench(supervisor));
  } catch (error) {
    if (isStopping) return;
    steps.say(explain(error));
    await finish(1);
  }
}

await main();
