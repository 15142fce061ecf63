import { join } from 'node:path';
import { CannotStart } from './tools/cannot-start.js';
import { claimDataDirectory } from './servers/data-directory.js';
import { readEnvironment, root } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { isFree, withFreePorts } from './servers/free-ports.js';
import { install } from './tools/install.js';
import { buildLivePage } from './start/live-page.js';
import { findNode } from './tools/node-24.js';
import { apiPart, childEnvironment, sandboxPart, workerPart } from './start/node-parts.js';
import { runFile } from './start/run-file.js';
import { endTools, runTool } from './tools/run-tool.js';
import { bringServers, givenServers } from './servers/servers.js';
import { Steps } from './tools/steps.js';
import { onStop } from './tools/stop-signals.js';
import { summary } from './start/summary.js';
import { Supervisor } from './start/supervisor.js';
import { chooseUpstreams } from './start/upstreams.js';

const environment = readEnvironment();
const steps = new Steps({ isPlain: environment.isPlain });
const host = environment.value('HOST') ?? (environment.isProduction ? '0.0.0.0' : '127.0.0.1');
const port = environment.port();
const url = `http://${reachable(host)}:${port}`;
const healthUrl = (healthPort) => `http://${reachable(environment.value('HEALTH_HOST') ?? '127.0.0.1')}:${healthPort}`;

/** The whole platform, in the order in which its parts need one another; the API comes last. */
async function start(supervisor, directory, run) {
  const { path: dataDirectory } = directory;
  await install(environment, steps);
  const node = await findNode();
  const [servers, upstreams] = await Promise.all([
    environment.isProduction
      ? givenServers(environment)
      : bringServers({ environment, steps, supervisor, dataDirectory }),
    checkEnvironment(node).then(() =>
      withFreePorts(6, (ports) => startUpstreams({ supervisor, node, ports, dataDirectory })),
    ),
    buildLivePage({ environment, steps, node }),
  ]);
  Object.assign(run.content, { sandbox: upstreams.sandbox, mysql: servers.mysql, redis: servers.redis });

  const env = childEnvironment({ environment, servers, upstreams, dataDirectory, url });
  await steps.step('Database schema and demo data', () => migrate(node, env, upstreams.sandbox));
  await steps.step('Worker', () =>
    withFreePorts(1, ([healthPort]) =>
      supervisor.start(workerPart({ node, env, healthPort, health: healthUrl(healthPort) })),
    ),
  );
  run.write();
  await steps.step('API', async (detail) => {
    detail(url);
    await withFreePorts(1, ([free]) => {
      const healthPort = environment.value('HEALTH_PORT') ?? free;
      return supervisor.start(apiPart({ node, env, url, healthPort, health: healthUrl(healthPort) }));
    });
  });
  const { sandbox, names } = { ...upstreams };
  const { isProduction } = environment;
  steps.say(summary({ url, servers, sandbox, upstreams: names, isProduction, dataDirectory }));
}

/** How somebody on this machine reaches what listens on an address. */
function reachable(address) {
  const anywhere = { '0.0.0.0': '127.0.0.1', '::': '127.0.0.1' }[address];
  return anywhere ?? (address.includes(':') ? `[${address}]` : address);
}

/** The sandbox, if any upstream is its; answers what stands for each. */
async function startUpstreams({ supervisor, node, ports, dataDirectory }) {
  const upstreams = chooseUpstreams(environment, ports);
  const { sandbox, env } = upstreams;
  const secret = sandbox.stripe && env.STRIPE_WEBHOOK_SECRET?.split(',')[0];
  if (upstreams.ports)
    await steps.step('Sandbox', async (detail) => {
      detail(sandbox.control);
      await supervisor.start(sandboxPart({ node, environment, ports: upstreams.ports, dataDirectory, url, secret }));
    });
  return upstreams;
}

async function migrate(node, env, sandbox) {
  const demo = environment.isProduction ? [] : ['--demo'];
  // Only where the market is the sandbox's: what it makes up must not stand among real prices.
  const prices = sandbox.finnhub ? ['--prices', sandbox.control] : [];
  const { code, output } = await runTool(node.path, ['src/commands/migrate.ts', '--before-start', ...demo, ...prices], {
    cwd: root,
    env,
  });
  if (code !== 0) throw new CannotStart(`The database could not be prepared.\n${output.trim().slice(-3000)}`);
}

/** Before anything is started that would not understand it. Servers that are not named are brought later. */
async function checkEnvironment(node) {
  const env = { MYSQL_HOST: 'none', NODE_ENV: 'development', ...givenOf(environment.all) };
  const { code, output } = await runTool(node.path, ['src/commands/check-environment.ts'], { cwd: root, env });
  if (code !== 0) throw new CannotStart(output.trim());
}

function givenOf(all) {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** `run.json` as far as it is known; complete before the API starts, and current from then on. */
function runRecord(dataDirectory) {
  const file = runFile(dataDirectory);
  const content = { api: url, processes: [] };
  let isComplete = false;
  const write = () => {
    isComplete = true;
    file.write(content);
  };
  const update = (parts) => {
    content.processes = parts.map(({ role, pid, plan }) => ({
      role,
      pid,
      ...(plan.health && { health: plan.health }),
    }));
    if (isComplete) write();
  };
  return { content, write, update, remove: file.remove };
}

async function main() {
  const directory = await claimDataDirectory(environment.dataDirectory);
  const run = runRecord(directory.path);
  const supervisor = new Supervisor({
    logFolder: join(directory.path, 'logs'),
    say: (line) => steps.say(line),
    onChange: (parts, children) => {
      directory.noteChildren(children);
      run.update(parts);
    },
  });
  let isStopping = false;
  const stop = async (code, why) => {
    if (isStopping) return;
    isStopping = true;
    steps.abandon();
    if (why) steps.say(why);
    await supervisor.stop(endTools());
    run.remove();
    directory.release();
    process.exit(code);
  };
  onStop(environment, () => stop(0, '\nStopping; the data stays.'));
  try {
    if (!(await isFree(port, host)))
      throw new CannotStart(
        `Port ${port} on ${host} is taken by another program.`,
        `Choose another: PORT=8013 npm start`,
      );
    await start(supervisor, directory, run);
  } catch (error) {
    if (!isStopping) await stop(1, `\n${explain(error)}\n`);
  }
}

try {
  await main();
} catch (error) {
  steps.say(explain(error));
  process.exit(1);
}
