import { spawn } from 'node:child_process';
import { readEnvironment, root } from './environment.js';
import { explain } from './explain.js';
import { install } from './install.js';
import { findNode } from './node-24.js';
import { readRunFile } from '../start/run-file.js';
import { givenServers, unnamedServers } from '../servers/servers.js';
import { Steps } from './steps.js';

/** Runs a command of the product on the servers the environment names, or on those of a running `npm start`; ends with its exit code. */
export async function runCommand(script, parameters = process.argv.slice(2)) {
  const environment = readEnvironment();
  try {
    await install(environment, new Steps({ isPlain: environment.isPlain }));
    const node = await findNode();
    const child = spawn(node.path, [script, ...parameters], {
      cwd: root,
      env: { ...environment.all, ...runningServers(environment) },
      stdio: 'inherit',
    });
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name));
    child.once('exit', (code) => process.exit(code ?? 1));
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  }
}

/**
 * What the environment leaves open of the running platform. One that names another server or database than the platform's is of
 * another platform, and gets nothing of this one.
 */
function runningServers(environment) {
  const running = readRunFile(environment.dataDirectory);
  if (environment.isProduction || !running?.mysql) return {};
  const { api, mysql, redis } = running;
  const given = givenServers(environment);
  const isOther = (named, own, ...fields) =>
    named && fields.some((field) => String(named[field]) !== String(own[field]));
  if (isOther(given.mysql, mysql, 'host', 'port', 'database') || isOther(given.redis, redis, 'host', 'port', 'db'))
    return {};
  return {
    NODE_ENV: environment.value('NODE_ENV') ?? 'development',
    // None of them charges anybody, and the sandbox's keys are known to the running platform alone.
    PAYMENT_GATEWAY: 'instant',
    PUBLIC_URL: environment.value('PUBLIC_URL') ?? api,
    ...unnamedServers(environment, running),
  };
}
