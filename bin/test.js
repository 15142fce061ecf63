import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from './tools/cannot-start.js';
import { claimDataDirectory, makeFolder } from './servers/data-directory.js';
import { nothingSaid, readEnvironment, root } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { install } from './tools/install.js';
import { endSession } from './start/end-session.js';
import { findServer, installFolders } from './servers/installed-servers.js';
import { buildLivePage } from './start/live-page.js';
import { findNode } from './tools/node-24.js';
import { endTools, runTool } from './tools/run-tool.js';
import { bringServers } from './servers/servers.js';
import { Steps } from './tools/steps.js';
import { onStop } from './tools/stop-signals.js';
import { Supervisor } from './start/supervisor.js';
import { findBrowser } from './servers/test-browser.js';

const environment = readEnvironment();
const steps = new Steps({ isPlain: environment.isPlain });
const folder = join(environment.dataDirectory, `test-${process.pid}`);
// Unpacked packages are worth keeping; data is not.
const cacheFolder = join(environment.dataDirectory, 'servers');
let suite;

/** Servers and data of this run's own, then every test; answers how many passed and failed. */
async function test(supervisor) {
  await install(environment, steps);
  const node = await findNode();
  await buildLivePage({ environment, steps, node });
  const browser = wantsBrowser() ? await findBrowser({ steps, folder: cacheFolder }) : undefined;
  const servers = await bringServers({
    environment,
    steps,
    supervisor,
    dataDirectory: folder,
    cacheFolder,
    isDurable: false,
  });
  if (environment.value('MYSQL_HOST')) await checkMysql(node, servers.mysql);
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', ...reporters, ...asked()];
  const code = await runSuite(supervisor, node.path, args, {
    ...(await testEnvironment(servers)),
    TEST_CHROMIUM: browser ?? '',
  });
  return count(report, code);
}

/** What vitest is asked for; `--mutations` stands for a configuration of its own in the place of the one that is named. */
function asked() {
  const words = process.argv.slice(2).filter((word) => word !== '--mutations');
  if (words.length === process.argv.length - 2) return words;
  return words.map((word) => (word === 'vitest.chaos.ts' ? 'vitest.mutations.ts' : word));
}

/** A server that is somebody else's may not let us in; without it no test can say anything. */
async function checkMysql(node, { host, port, user, password }) {
  const server = { MYSQL_HOST: host, MYSQL_PORT: String(port), MYSQL_USER: user, MYSQL_PASSWORD: password };
  const env = { ...environment.all, ...server, MYSQL_DB: `orderflow_test_${process.pid}`, NODE_ENV: 'test' };
  const { code, output } = await runTool(node.path, ['test/support/stores/check-mysql.ts'], { cwd: root, env });
  if (code !== 0) throw new CannotStart(output.trim());
}

/** Whether all tests run, or those of the page are among what is named. */
function wantsBrowser() {
  const named = process.argv.slice(2).filter((word) => !/^(--config|vitest\.chaos\.ts)$/.test(word));
  return named.length === 0 || named.some((word) => /dashboard|browser|looks/.test(word));
}

/** In a session of its own, by which all that the tests have started can be found and ended. */
function runSuite(supervisor, command, args, env) {
  return new Promise((resolve) => {
    suite = spawn(command, args, { cwd: root, env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
    supervisor.atEnd([process.execPath, join(root, 'bin', 'start', 'end-session.js'), String(suite.pid)]);
    suite.once('error', () => resolve(1));
    suite.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Only what a test may know: where its servers are. A developer's own settings change no result. */
async function testEnvironment({ mysql, redis, programs }) {
  // A test may start servers of its own, to freeze and kill; also when the shared ones are somebody else's.
  const program = async (kind) => programs[kind] ?? (await findServer(kind, installFolders(environment.path)));
  const [mysqlProgram, redisProgram] = await Promise.all([program('mysql'), program('redis')]);
  return {
    ...environment.all,
    ...nothingSaid(),
    NODE_ENV: 'test',
    // A run inside a test of another run need not compile again.
    NODE_COMPILE_CACHE: environment.all.NODE_COMPILE_CACHE || join(environment.dataDirectory, 'compile-cache'),
    TEST_SERVERS_FOLDER: cacheFolder,
    TEST_MYSQL_HOST: mysql.host,
    TEST_MYSQL_PORT: String(mysql.port),
    TEST_MYSQL_USER: mysql.user,
    TEST_MYSQL_PASSWORD: mysql.password,
    TEST_REDIS_HOST: redis.host,
    TEST_REDIS_PORT: String(redis.port),
    TEST_MYSQL_SERVER: mysqlProgram?.program ?? '',
    TEST_REDIS_SERVER: redisProgram?.program ?? '',
    TEST_LD_LIBRARY_PATH: mysqlProgram?.libraries || redisProgram?.libraries || '',
  };
}

/** Tests, and files that could not be run at all; a failure that no test explains counts as one. */
function count(report, code) {
  let passed = 0;
  let failed = 0;
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const hasNoFailedTest = ({ assertionResults }) => assertionResults.every(({ status }) => status !== 'failed');
    passed = numPassedTests;
    failed = numFailedTests + testResults.filter((file) => file.status === 'failed' && hasNoFailedTest(file)).length;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
}

/** Folders of runs that were killed, and what those runs left running. */
async function sweepDeadRuns() {
  const names = readdirSync(environment.dataDirectory).filter((name) => /^test-\d+$/.test(name));
  for (const path of names.map((name) => join(environment.dataDirectory, name))) {
    try {
      // A run that is only just making its folder has no lock there yet.
      if (statSync(path).mtimeMs > Date.now() - 10_000) continue;
      await claimDataDirectory(path);
      rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof CannotStart) && error.code !== 'ENOENT') throw error;
    }
  }
}

async function main() {
  makeFolder(environment.dataDirectory);
  await sweepDeadRuns();
  const directory = await claimDataDirectory(folder);
  const supervisor = new Supervisor({
    logFolder: join(folder, 'logs'),
    say: (line) => steps.say(line),
    onChange: (_parts, children) => directory.noteChildren(children),
  });
  let isStopping = false;
  const finish = async (code) => {
    if (isStopping) return;
    isStopping = true;
    steps.abandon();
    if (suite) endSession(suite.pid);
    await supervisor.stop(endTools());
    directory.release();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exitCode = code;
    if (code === 130) process.exit();
  };
  onStop(environment, () => finish(130));
  try {
    const result = await test(supervisor);
    await finish(result.failed === 0 ? 0 : 1);
    steps.say(`${result.passed} passed, ${result.failed} failed`);
  } catch (error) {
    if (isStopping) return;
    await finish(1);
    steps.say(explain(error));
    steps.say('0 passed, 1 failed');
  }
}

await main();
