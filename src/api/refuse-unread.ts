import { randomUUID } from 'node:crypto';
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { problemCodes, type ProblemCode } from '../problem-codes.ts';

// What Node calls those that are more than no HTTP.
const codes: ReadonlyMap<unknown, ProblemCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'head_too_large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
]);

/** Answers requests that no route sees, because they cannot be read or do not come to their end: with a problem, as the routes do. */
export function refuseUnread(server: Server, publicUrl: string): void {
  const underWay = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on('connection', (socket) => underWay.set(socket, new Set()));
  server.on('request', ({ socket }, answer) => {
    const answers = underWay.get(socket);
    answers?.add(answer);
    answer.once('close', () => answers?.delete(answer));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Whoever has part of an answer would take this for the rest of it.
    const isBegun = [...(underWay.get(socket) ?? [])].some(({ headersSent }) => headersSent);
    if (socket.writable && !isBegun)
      socket.write(textOf(refusalOf(codes.get(error.code) ?? 'malformed_request', publicUrl)));
    socket.destroy(error);
  });
}

/** Answers a request that is refused before any route. */
export function refuse(answer: ServerResponse, code: ProblemCode, publicUrl: string): void {
  const { status, head, body } = refusalOf(code, publicUrl);
  answer.writeHead(status, head).end(body);
}

function refusalOf(code: ProblemCode, publicUrl: string) {
  const { status, title, cause } = problemCodes[code];
  const id = randomUUID();
  const body = JSON.stringify({
    type: `${publicUrl}/problems/${code}`,
    title,
    status,
    detail: cause,
    code,
    request_id: id,
  });
  const head = {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    'x-content-type-options': 'nosniff',
    'x-request-id': id,
  };
  return { status, head, body };
}

function textOf({ status, head, body }: ReturnType<typeof refusalOf>): string {
  const fields = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('')}\r\n${body}`;
}
