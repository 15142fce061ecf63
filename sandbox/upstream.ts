import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Answer, type Answerer, json, type Target } from './answer.ts';
import type { Arrivals } from './arrivals.ts';
import type { Holds } from './holds.ts';

const MOST_BYTES = 1_000_000;

/** Listens on loopback for one upstream; every arrival is noted before anything else happens to it. */
export function openUpstream(
  target: Target,
  port: number,
  answerer: Answerer,
  arrivals: Arrivals,
  holds: Holds,
  onUpgrade?: Upgrade,
) {
  const answer = async (request: IncomingMessage, response: ServerResponse, atMs: number) => {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const key = apiKey(request, url);
    url.searchParams.delete('token');
    const path = (request.url ?? '/').replace(/([?&])token=[^&]*&?/, '$1').replace(/[?&]$/, '');
    const idempotencyKey = request.headers['idempotency-key']?.toString() ?? null;
    const method = request.method ?? 'GET';
    const arrival = { at_ms: atMs, method, path, key, idempotency_key: idempotencyKey, status: null };
    arrivals.note(target, arrival);
    const body = await readBody(request);
    await holds.pass('before', target, path);
    const answered = await answerer({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      apiKey: key,
      body,
      atMs,
    });
    await holds.pass('after', target, path);
    if (!answered.lost) Object.assign(arrival, { status: answered.status });
    send(response, answered);
  };
  return listen(port, answer, onUpgrade);
}

/** What becomes of a request for another protocol. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Opens a listener on 127.0.0.1 and resolves with its port; port 0 takes a free one. */
export async function listen(
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse, atMs: number) => Promise<void>,
  onUpgrade?: Upgrade,
): Promise<number> {
  const server = createServer((request, response) => {
    const atMs = performance.timeOrigin + performance.now();
    handle(request, response, atMs).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      send(response, json(500, { error: { type: 'api_error', message: 'The sandbox itself failed; see its log.' } }));
    });
  });
  // Longer than any client keeps a connection, so that no request meets a socket just being closed here.
  server.keepAliveTimeout = 120_000;
  if (onUpgrade) server.on('upgrade', onUpgrade);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** Reads a body whole; more than a megabyte is cut off. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const parts: AsyncIterable<Buffer> = request;
  for await (const part of parts) {
    bytes += part.length;
    if (bytes <= MOST_BYTES) chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends an answer, or loses it in the way it says. */
export function send(response: ServerResponse, answer: Answer): void {
  if (answer.lost === 'drop') response.destroy();
  if (answer.lost || response.destroyed || response.headersSent) return;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

/** The caller's key, wherever it is put. */
export function apiKey(request: IncomingMessage, url: URL): string | null {
  const { authorization = '' } = request.headers;
  const [, bearer] = /^bearer (.+)$/i.exec(authorization) ?? [];
  const [, basic] = /^basic (.+)$/i.exec(authorization) ?? [];
  const user = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString().split(':')[0];
  const header = request.headers['x-finnhub-token']?.toString();
  return header || url.searchParams.get('token') || bearer || user || null;
}
