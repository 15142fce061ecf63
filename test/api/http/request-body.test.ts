import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { patienceMs } from '../../support/processes/process.ts';
import { openServedApi, type ServedApi } from '../../support/api/served-api.ts';
import { accounts, Granted } from '../../support/api/test-api.ts';

// What is left of a refused body is read for half a second by the clock, in which this process may stand still.
const drainMs = 500;
const startTimer = globalThis.setTimeout;

let api: ServedApi;
let authorization: string;
beforeAll(async () => {
  const start = (run: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) =>
    startTimer(run, ms === drainMs ? patienceMs : ms, ...given);
  vi.stubGlobal('setTimeout', start);
  api = await openServedApi();
  const login = await api.send('POST', '/auth/login', { body: accounts.demo });
  authorization = `Bearer ${Granted.parse(await login.json()).access_token}`;
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await api.close();
});

type Sent = Readonly<{ path: string; bytes: number; isChunked: boolean; headers?: Record<string, string> }>;

type Seen = Readonly<{ status: number | undefined; isSameConnection: boolean }>;

function sendOn(agent: Agent, method: string, { path, bytes, isChunked, headers = {} }: Sent): Promise<Seen> {
  const length: Record<string, string> = isChunked
    ? { 'transfer-encoding': 'chunked' }
    : { 'content-length': `${bytes}` };
  return new Promise((resolve, reject) => {
    const options = { method, agent, headers: { 'content-type': 'application/json', ...length, ...headers } };
    const sending = request(`http://127.0.0.1:${api.port}${path}`, options, (answer) => {
      const seen = { status: answer.statusCode, isSameConnection: sending.reusedSocket };
      answer.resume().once('end', () => resolve(seen));
    });
    sending.once('error', reject);
    sending.end(Buffer.alloc(bytes, ' '));
  });
}

describe('a refused body', () => {
  for (const isChunked of [false, true])
    for (const bytes of [65_537, 3_000_000])
      it(`of ${bytes} bytes ${isChunked ? 'of unsaid length ' : ''}leaves the connection good for the next request`, async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        const next = { path: '/healthz', bytes: 0, isChunked: false };
        const large = { path: '/orders', bytes, isChunked };
        const ask = async (method: string, sent: Sent) => (await sendOn(agent, method, sent)).status;
        expect(await ask('POST', { ...large, headers: { authorization } })).toBe(413);
        expect(await sendOn(agent, 'GET', next)).toEqual({ status: 200, isSameConnection: true });
        expect(await ask('POST', large)).toBe(401);
        expect(await sendOn(agent, 'GET', next)).toEqual({ status: 200, isSameConnection: true });
        expect(await ask('PUT', large)).toBe(405);
        expect(await sendOn(agent, 'GET', next)).toEqual({ status: 200, isSameConnection: true });
        agent.destroy();
      });

  it('is answered also when the client writes all of it before it reads', async () => {
    const head = `POST /orders HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\n`;
    const body = Buffer.alloc(3_000_000, ' ');
    const framed = [`Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'];
    const sized = [`Content-Length: ${body.length}\r\n\r\n`, body];
    for (const parts of [framed, sized]) {
      const answer = await exchange([head, ...parts, 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n']);
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
    }
  });
});

/** Writes everything, then reads until the server ends the connection. */
function exchange(parts: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(api.port, '127.0.0.1', () => {
      socket.pause();
      for (const part of parts) socket.write(part);
      socket.write('', () => socket.resume());
    });
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}
