import { createServer, type Server } from 'node:http';

/** Whether a process may be given work; `reason` is shown to probes when it may not. */
export type Readiness = () => Promise<{ isReady: boolean; reason?: string }>;

/** Serves `/healthz` and `/readyz` for probes on a port of its own. It answers as long as the event loop turns. */
export function serveHealth(port: number, host: string, readiness: Readiness): Server {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url === '/healthz') return answer(200, { status: 'ok' });
    if (request.url !== '/readyz') return answer(404, { status: 'not found' });
    readiness().then(
      ({ isReady, reason }) =>
        answer(isReady ? 200 : 503, isReady ? { status: 'ready' } : { status: 'not ready', reason }),
      (error: unknown) => answer(503, { status: 'not ready', reason: String(error) }),
    );
  });
  return server.listen(port, host);
}
