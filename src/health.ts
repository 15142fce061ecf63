import { createServer, type Server } from 'node:http';

/** Whether a process may be given work; `reason` is shown to probes when it may not. */
export type Readiness = () => Promise<{ isReady: boolean; reason?: string }>;

/** What a port for probes and scrapers serves; `metrics` is Prometheus text. */
export type Health = Readonly<{ readiness: Readiness; metrics(): Promise<string> }>;

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Serves `/healthz`, `/readyz` and `/metrics` on a port of its own. It answers as long as the event loop turns. */
export function serveHealth(port: number, host: string, { readiness, metrics }: Health): Server {
  const server = createServer((request, response) => {
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
  return server.listen(port, host);
}
