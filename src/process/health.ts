import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { CannotStart } from '../errors.ts';
import type { Config } from '../config.ts';
import { within } from './deadline.ts';

/** Where a server shall listen, and the variables that say so. */
export type Address = Readonly<{ port: number; host: string; portName: string; hostName: string }>;

/** Lets a server listen, and answers it when it does. @throws CannotStart with what to choose instead. */
export async function listen(server: Server, { port, host, portName, hostName }: Address): Promise<Server> {
  try {
    await once(server.listen(port, host), 'listening');
    return server;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const where = `port ${port} of ${host}`;
    if (code === 'EADDRINUSE')
      throw new CannotStart(`Another program listens on ${where}; end it, or set ${portName} to a free port.`);
    if (code === 'EACCES')
      throw new CannotStart(`This user may not listen on ${where}; set ${portName} to a port above 1023.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      throw new CannotStart(`This machine has no address ${host}; set ${hostName} to one that it has.`);
    throw error;
  }
}

/** Whether a process may be given work; `reason` is shown to probes when it may not. */
export type Readiness = () => Promise<{ isReady: boolean; reason?: string }>;

/** What a port for probes and scrapers serves. */
export type Health = Readonly<{
  readiness: Readiness;
  /** Whether it does its work; a process of which nothing is told is alive as long as it answers. */
  liveness?(): boolean;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** What an autoscaler is told of a queue; undefined when none is called so. */
  autoscale(queue: string): Promise<object | undefined>;
}>;

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';
const patienceMs = 1_500;

/**
 * Serves `/healthz`, `/readyz`, `/metrics` and `/autoscale/{queue}` at HEALTH_HOST and HEALTH_PORT, where that is set. It answers
 * as long as the event loop turns. @throws CannotStart
 */
export async function listenForHealth({ HEALTH_PORT, HEALTH_HOST }: Config, health: Health): Promise<void> {
  if (HEALTH_PORT === undefined) return;
  const at = { port: HEALTH_PORT, host: HEALTH_HOST, portName: 'HEALTH_PORT', hostName: 'HEALTH_HOST' };
  await listen(healthServer(health), at);
}

type Answer = Readonly<{ status: number; body: object | string }>;

/** Answers probes and scrapers, wherever it shall listen. */
export function healthServer(health: Health): Server {
  return createServer((request, response) => {
    const send = ({ status, body }: Answer) => {
      const [type, text] = typeof body === 'string' ? [metricsType, body] : ['application/json', JSON.stringify(body)];
      response.writeHead(status, { 'content-type': type }).end(text);
    };
    const [path = ''] = (request.url ?? '').split('?');
    answerTo(path.replace(/(.)\/+$/, '$1'), health).then(send, (error: unknown) =>
      send({ status: 503, body: { status: 'unknown', reason: String(error) } }),
    );
  });
}

async function answerTo(path: string, { readiness, liveness, metrics, autoscale }: Health): Promise<Answer> {
  const [, queue] = /^\/autoscale\/([\w-]+)$/.exec(path) ?? [];
  if (queue !== undefined) {
    const figures = await within(patienceMs, 'Redis', autoscale(queue));
    return figures ? { status: 200, body: figures } : { status: 404, body: { status: 'no such queue' } };
  }
  switch (path) {
    case '/healthz':
      return (liveness?.() ?? true)
        ? { status: 200, body: { status: 'ok' } }
        : { status: 503, body: { status: 'stuck', reason: 'jobs wait, and none is fetched' } };
    case '/readyz': {
      const { isReady, reason } = await readiness().catch((error: unknown) => ({
        isReady: false,
        reason: String(error),
      }));
      return isReady
        ? { status: 200, body: { status: 'ready' } }
        : { status: 503, body: { status: 'not ready', reason } };
    }
    case '/metrics':
      return { status: 200, body: await metrics() };
    default:
      return { status: 404, body: { status: 'not found' } };
  }
}
