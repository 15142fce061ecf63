import type { ServerResponse } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import { NoAnswer, openOrderflow, Refused } from '../../clients/typescript/src/orderflow.ts';
import { until } from '../support/processes/process.ts';
import { standStill } from '../support/processes/stand-still.ts';
import { listen, type LocalServer } from '../support/upstreams/local-server.ts';
import { listenElsewhere } from '../support/upstreams/server-elsewhere.ts';

type Connection = Readonly<{
  lastId: string | undefined;
  url: string | undefined;
  response: ServerResponse;
  isOver(): boolean;
}>;

let server: LocalServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A stream whose every byte the test writes; `admit` says how a connection begins. */
async function serve(admit: (response: ServerResponse, count: number) => void = (response) => open(response)) {
  const connections: Connection[] = [];
  server = await listen((request, response) => {
    let isOver = false;
    response.on('close', () => (isOver = true));
    const lastId = request.headers['last-event-id'];
    connections.push({ lastId: lastId?.toString(), url: request.url, response, isOver: () => isOver });
    admit(response, connections.length);
  });
  const connection = (count: number) => until(`connection ${count}`, () => connections[count - 1]);
  return { url: server.url, connection, connections };
}

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 1\n\n');
}

const frame = (position: number, id: string, more = '') =>
  `id: ${position}-0\nevent: order.paid\ndata: ${JSON.stringify({ id, type: 'order.paid' })}${more}\n\n`;

/** Follows, and keeps what comes. */
function follow(url: string, following: Parameters<ReturnType<typeof openOrderflow>['followOrders']>[0] = {}) {
  const seen: unknown[] = [];
  const ending = new AbortController();
  const read = async () => {
    for await (const news of openOrderflow({ url, key: 'ofk_1' }).followOrders({ signal: ending.signal, ...following }))
      seen.push(news.type === 'gap' ? news : `${news.id} at ${news.position}`);
  };
  const ended = read().catch((error: unknown) => error);
  const have = (count: number) =>
    until(
      () => `${count} of ${JSON.stringify(seen)}`,
      () => seen.length >= count || undefined,
    );
  return { seen, have, ended, end: async () => (ending.abort(), ended) };
}

it('reads frames however they are cut, and past marks, comments and line ends of any kind', async () => {
  const { url, connection } = await serve();
  const follower = follow(url, { all: true });
  const first = await connection(1);
  expect(first.url).toBe('/streams/orders?all=true');
  const bytes = Buffer.from(
    `: hello\n\n${frame(1, 'ä')}${frame(2, 'b').replaceAll('\n', '\r\n')}:\nid: 3-0\n\nevent: x\n\n`,
  );
  for (const byte of bytes) {
    first.response.write(Buffer.of(byte));
    await new Promise(setImmediate);
  }
  first.response.write('id: 4-0\nevent: order.paid\ndata: {"id":\ndata: "d"}\n\n');
  await follower.have(3);
  expect(follower.seen).toEqual(['ä at 1-0', 'b at 2-0', 'd at 4-0']);
  await follower.end();
});

it('goes on from the last place it was told of, whoever ends the connection, and drops what it has seen', async () => {
  const { url, connection } = await serve();
  const follower = follow(url, { after: '7-0' });
  const first = await connection(1);
  expect(first.lastId).toBe('7-0');
  first.response.write(frame(8, 'a'));
  await follower.have(1);
  first.response.destroy();
  const second = await connection(2);
  expect(second.lastId).toBe('8-0');
  second.response.write(`${frame(9, 'a')}${frame(10, 'b')}id: 12-0\n\nevent: bye\ndata: {}\n\n`);
  const third = await connection(3);
  expect(third.lastId).toBe('12-0');
  third.response.end(`event: gap\ndata: {"reason":"trimmed"}\n\n${frame(20, 'c')}`);
  expect((await connection(4)).lastId).toBe('20-0');
  expect(follower.seen).toEqual(['a at 8-0', 'b at 10-0', { type: 'gap', reason: 'trimmed' }, 'c at 20-0']);
  await follower.end();
});

it('waits where the API has no place for it, as long as that says', async () => {
  const { url, connection, connections } = await serve((response, count) => {
    if (count > 2) return open(response);
    return void response.writeHead(count === 1 ? 503 : 429, { 'retry-after': '0' }).end();
  });
  const follower = follow(url);
  (await connection(3)).response.write(frame(1, 'a'));
  await follower.have(1);
  expect(connections).toHaveLength(3);
  await follower.end();
});

it('does not wait for longer than it may, where it is told to', async () => {
  const { url, connections } = await serve((response) => void response.writeHead(503, { 'retry-after': '3600' }).end());
  expect(await follow(url).ended).toMatchObject({ status: 503, retryAfterMs: 3_600_000 });
  expect(connections).toHaveLength(1);
});

it('reads an order anew when it may have changed, and tells each state once', async () => {
  const states = ['pending', 'pending', 'pending', 'paid'];
  let read = 0;
  const { url, connection, connections } = await serve((response, count) => {
    if (count === 1) return open(response);
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify({ status: states[(read += 1) - 1] }));
  });
  const told: string[] = [];
  const watching = (async () => {
    for await (const { status } of openOrderflow({ url }).watchOrder('mine')) told.push(status);
  })();
  const about = (subject: string, id: string) => `data: ${JSON.stringify({ id, type: 'order.updated', subject })}\n\n`;
  const { response } = await connection(1);
  await until('it is read', () => read === 1 || undefined);
  response.write(`${about('of others', 'a')}event: gap\ndata: {"reason":"trimmed"}\n\n`);
  await until('it is read after a gap', () => read === 2 || undefined);
  response.write(about('of others', 'b') + about('mine', 'c') + about('mine', 'd'));
  await watching;
  expect(told).toEqual(['pending', 'paid']);
  expect(connections).toHaveLength(1 + states.length);
});

it('leaves no connection behind an order that has been paid already', async () => {
  const { url, connections } = await serve((response, count) => {
    if (count === 1) return open(response);
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end('{"status":"paid"}');
  });
  // Kept, so that no garbage collection closes what the client has left open.
  const kept: Response[] = [];
  const keeping: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    kept.push(response);
    return response;
  };
  for await (const { status } of openOrderflow({ url, fetch: keeping }).watchOrder('an order'))
    expect(status).toBe('paid');
  expect(connections.map((one) => one.url)).toEqual(['/streams/orders', '/orders/an%20order']);
  await until('it is closed', () => connections[0]?.isOver() || undefined);
  expect(kept).toHaveLength(2);
});

it.each([401, 403, 422])('ends with the refusal when it is refused with %i', async (status) => {
  const { url, connections } = await serve((response) => void response.writeHead(status).end());
  const error = await follow(url).ended;
  expect(error).toBeInstanceOf(Refused);
  expect(error).toMatchObject({ status });
  expect(connections).toHaveLength(1);
});

it('gives up in the end where nobody is', async () => {
  const { url } = await serve((response) => void response.destroy());
  expect(await follow(url, { patienceMs: 2_500 }).ended).toBeInstanceOf(NoAnswer);
});

it('leaves a connection that says nothing any more, and nothing holds one whose marks come', async () => {
  const { url, connections } = await serve();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const follower = follow(url);
    const first = await connectedNow(connections);
    for (const position of [1, 2]) {
      vi.advanceTimersByTime(30_000);
      first.response.write(frame(position, String(position)));
      await soon(() => follower.seen.length === position);
    }
    vi.advanceTimersByTime(45_000);
    await soon(() => first.isOver());
    vi.useRealTimers();
    expect(follower.seen).toHaveLength(2);
    await follower.end();
  } finally {
    vi.useRealTimers();
  }
});

it('goes on with a stream that had fallen silent while whoever follows was busy', async () => {
  const { url, connections, connection } = await serve();
  const isDone = Promise.withResolvers<void>();
  const seen: string[] = [];
  const ending = new AbortController();
  const read = async () => {
    for await (const news of openOrderflow({ url }).followOrders({ patienceMs: 1_000, signal: ending.signal })) {
      seen.push(news.type === 'gap' ? news.type : news.id);
      await isDone.promise;
    }
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const ended = read().catch((error: unknown) => error);
  try {
    const first = await connectedNow(connections);
    first.response.write(frame(1, 'a'));
    await soon(() => seen.length === 1);
    vi.advanceTimersByTime(50_000);
    await soon(() => first.isOver());
  } finally {
    vi.useRealTimers();
  }
  isDone.resolve();
  const second = await Promise.race([connection(2), ended]);
  expect(second).toMatchObject({ lastId: '1-0' });
  ending.abort();
  await ended;
});

it('goes on with a stream that was lost while it stood still for longer than it is patient', async () => {
  const elsewhere = await listenElsewhere();
  const follower = follow(elsewhere.url, { patienceMs: 1_000 });
  await follower.have(1);
  elsewhere.goOn();
  await standStill(2_500);
  await Promise.race([follower.have(2), follower.ended]);
  expect(follower.seen).toEqual(['1 at 1-0', '2 at 2-0']);
  await follower.end();
  await elsewhere.close();
});

it('closes the connection when the loop is left, and throws the reason when it is told to end', async () => {
  const { url, connection } = await serve();
  const reading = (async () => {
    for await (const news of openOrderflow({ url }).followOrders()) return news.type;
    return undefined;
  })();
  const first = await connection(1);
  first.response.write(frame(1, 'a'));
  expect(await reading).toBe('order.paid');
  await until('it is closed', () => first.isOver() || undefined);
  const ending = new AbortController();
  const follower = follow(url, { signal: ending.signal });
  const second = await connection(2);
  const reason = new Error('enough');
  ending.abort(reason);
  expect(await follower.ended).toBe(reason);
  await until('it is closed', () => second.isOver() || undefined);
});

it('does not keep a frame without end', async () => {
  const { url, connection } = await serve();
  const follower = follow(url, { patienceMs: 5_000 });
  const first = await connection(1);
  first.response.write(`data: ${'x'.repeat(4_100_000)}`);
  await until('it is closed', () => first.isOver() || undefined);
  await follower.end();
});

/** As `until`, while the clock stands still. */
async function soon(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

async function connectedNow(connections: readonly Connection[]): Promise<Connection> {
  await soon(() => connections.length > 0);
  const [first] = connections;
  if (!first) throw new Error('nobody has connected');
  return first;
}
