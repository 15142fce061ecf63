import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { untilTrue } from '../../support/processes/process.ts';
import { endingOf, type ServerEnding } from '../../../src/api/end-server.ts';

// More than what lies in the buffers of two sockets.
const large = 8 * 1_024 * 1_024;
const forever = 60_000;
let server: Server;
let ending: ServerEnding;
const clients: Socket[] = [];
beforeEach(async () => {
  server = createServer((request, response) => {
    const [, path = ''] = request.url?.split('/') ?? [];
    if (path === 'endless') response.write('a part');
    else response.end(path === 'large' ? Buffer.alloc(large, 'a') : path);
  });
  ending = endingOf(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.closeAllConnections();
  server.close();
});

function port(): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A client that has asked for a path, and has not read anything yet. */
async function ask(path: string): Promise<Socket> {
  const client = connect(port(), '127.0.0.1');
  clients.push(client);
  client.write(`GET /${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await once(client, 'readable');
  return client;
}

it('who reads slowly gets the whole of an answer that had ended before', async () => {
  const slow = await ask('large');
  const closed = ending.close(forever);
  let heard = '';
  for await (const part of slow.setEncoding('latin1').iterator()) {
    heard += part;
    await sleep(1);
  }
  await closed;
  expect(heard.length - heard.indexOf('\r\n\r\n') - 4).toBe(large);
});

it('a connection whose answer was read is ended at once', async () => {
  const client = await ask('small');
  await ending.close(forever);
  expect(await text(client)).toMatch(/small$/);
});

it('who has a connection that has not come to a busy process yet is answered', async () => {
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const crowd = 40;
  const asking = new URL('../../support/load/new-connections.js', import.meta.url);
  const thread = new Worker(asking, { workerData: { port: port(), crowd, counts } });
  await once(thread, 'online');
  // Busy until the kernel has taken them all.
  for (let now = 0; now < crowd; now = Atomics.load(counts, 0)) Atomics.wait(counts, 0, now);
  const closed = ending.close(forever);
  await once(thread, 'exit');
  await closed;
  expect(Atomics.load(counts, 1)).toBe(crowd);
});

it('who asks on a kept connection while the process that ends is busy is answered', async () => {
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const asking = new URL('../../support/load/kept-connection.js', import.meta.url);
  const thread = new Worker(asking, { workerData: { port: port(), counts } });
  const exited = once(thread, 'exit');
  await untilTrue(() => Atomics.load(counts, 0) === 1);
  const closed = ending.close(forever);
  while (server.listening) await new Promise((resolve) => setImmediate(resolve));
  // Busy for longer than between two looks, in which the client sends its second request.
  Atomics.store(counts, 0, 2);
  Atomics.notify(counts, 0);
  Atomics.wait(counts, 0, 2);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  await exited;
  await closed;
  expect(Atomics.load(counts, 1)).toBe(2);
});

it('who never reads is cut off in the end', async () => {
  const client = await ask('large');
  await ending.close(200);
  client.on('error', () => {});
});

it('who has been answered whole is not cut off with those who have not', async () => {
  const [slow, answered] = [await ask('large'), await ask('small')];
  slow.on('error', () => {});
  await ending.close(200);
  expect(await text(answered)).toMatch(/small$/);
});

it('who is cut off in the midst of an answer that has no length sees that it is not whole', async () => {
  const client = connect(port(), '127.0.0.1');
  clients.push(client);
  client.write('GET /endless HTTP/1.0\r\n\r\n');
  await once(client, 'readable');
  const heard = text(client);
  await ending.close(200);
  await expect(heard).rejects.toMatchObject({ code: 'ECONNRESET' });
});

it('goes on while somebody asks, and ends half a second later; probes are nobody', async () => {
  ending.drain();
  let isQuiet = false;
  const quiet = ending.untilQuiet(forever).then(() => (isQuiet = true));
  const beganAtMs = performance.now();
  while (performance.now() - beganAtMs < 2_500) {
    await text(await ask('small'));
    await sleep(50);
    expect(isQuiet).toBe(false);
  }
  while (!isQuiet) await text(await ask('readyz'));
  await quiet;
});

it('goes on for no longer than it may', async () => {
  ending.drain();
  let isOver = false;
  const over = ending.untilQuiet(300).then(() => (isOver = true));
  while (!isOver) await text(await ask('small'));
  await over;
});

it('while it drains, an answer is the last of its connection', async () => {
  ending.drain();
  const client = await ask('small');
  expect(await text(client)).toMatch(/connection: close\r\n[^]*small$/i);
});
