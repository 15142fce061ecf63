import { join } from 'node:path';
import { unnamedServers } from '../servers/servers.js';
import { root } from '../tools/environment.js';

/**
 * Requests and jobs make much garbage that lives briefly: left to itself, Node gives it a hundred megabytes, and is no faster for
 * it. All processes have the same flags, or what one has compiled would be of no use to the others.
 */
export const smallYoungGeneration = '--max-semi-space-size=16';

/** The environment of every process of ours: the user's, and over it what the set-up has decided. @param url where the API is */
export function childEnvironment({ environment, servers, upstreams, dataDirectory, url }) {
  const env = { ...environment.all, ...upstreams.env, DATA_DIR: dataDirectory };
  env.PORT = environment.setting('PORT');
  env.NODE_ENV = environment.value('NODE_ENV') ?? 'development';
  env.SHUTDOWN_SECONDS = environment.value('SHUTDOWN_SECONDS') ?? '5';
  delete env.HEALTH_PORT;
  // The sandbox's webhooks, the demo, the command line and the lines to try come by this address.
  const hosts = environment.value('ALLOWED_HOSTS');
  if (hosts && !environment.isProduction) env.ALLOWED_HOSTS = `${hosts},${new URL(url).host}`;
  env.NODE_OPTIONS = `${smallYoungGeneration} ${env.NODE_OPTIONS ?? ''}`.trim();
  // Node compiles each file once instead of at every start.
  env.NODE_COMPILE_CACHE ??= join(dataDirectory, 'compile-cache');
  return Object.assign(env, unnamedServers(environment, servers));
}

/** The outside world in one process; only what the upstreams need of the environment. */
export function sandboxPart({ node, environment, ports, dataDirectory, url, secret }) {
  const listeners = Object.entries(ports).flatMap(([name, port]) => [`--${name}`, String(port)]);
  // Payment events go to the API, as soon as it is there.
  const webhook = secret ? ['--webhook', `${url}/payments/webhook`] : [];
  return {
    role: 'sandbox',
    command: node.path,
    args: ['sandbox/main.ts', '--data', join(dataDirectory, 'sandbox'), ...listeners, ...webhook],
    // No secret is an argument: everybody on the machine can read those.
    env: { ...environment.all, ...(secret && { STRIPE_WEBHOOK_SECRET: secret }) },
    cwd: root,
    isReady: () => answers(`http://127.0.0.1:${ports.control}/healthz`),
  };
}

/** One worker for all queues. */
export function workerPart({ node, env, health, healthPort }) {
  return {
    ...nodePart('worker', ['src/workers/main.ts'], node, { ...env, HEALTH_PORT: String(healthPort) }),
    health,
    isReady: () => answers(`${health}/readyz`),
  };
}

/** The API, on the one port that is fixed. */
export function apiPart({ node, env, url, health, healthPort }) {
  const part = nodePart('api', ['src/api/main.ts'], node, { ...env, HEALTH_PORT: String(healthPort) });
  return { ...part, health, isReady: () => answers(`${url}/readyz`) };
}

function nodePart(role, args, node, env) {
  return { role, command: node.path, args, env, cwd: root };
}

async function answers(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
