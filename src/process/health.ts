import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { CannotStart } from '../errors.ts';
import type { Config } from '../config.ts';

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

/** What a port for probes and scrapers serves; `metrics` is Prometheus text. */
export type Health = Readonly<{ readiness: Readiness; metrics(): Promise<string> }>;

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Serves `/healthz`, `/readyz` and `/metrics` at HEALTH_HOST and HEALTH_PORT, where that is set. It answers as long as the
 * event loop turns. @throws CannotStart
 */
export async function listenForHealth({ HEALTH_PORT, HEALTH_HOST }: Config, health: Health): Promise<void> {
  if (HEALTH_PORT === undefined) return;
  const at = { port: HEALTH_PORT, host: HEALTH_HOST, portName: 'HEALTH_PORT', hostName: 'HEALTH_HOST' };
  await listen(healthServer(health), at);
}

function healthServer({ readiness, metrics }: Health): Server {
  return createServer((request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url === '/healthz') return answer(200, { status: 'ok' });
    if (request.url === '/metrics')
      return void metrics().then(
        (text) => response.writeHead(200, { 'content-type': metricsType }).end(text),
        (error: unknown) => answer(500, { status: 'no metrics', reason: String(error) }),
      );
    if (request.url !== '/readyz') return answer(404, { status: 'not found' });
    readiness().then(
      ({ isReady, reason }) =>
        answer(isReady ? 200 : 503, isReady ? { status: 'ready' } : { status: 'not ready', reason }),
      (error: unknown) => answer(503, { status: 'not ready', reason: String(error) }),
    );
  });
}
