import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { market } from '../../../src/streams/market.stream.ts';
import { appendEvents } from '../../support/stores/append-events.ts';
import { openInspector, type Inspector } from '../../support/processes/inspector.ts';
import { type Platform, startPlatform } from '../../support/processes/platform.ts';
import { freePort, until } from '../../support/processes/process.ts';

const crowdSize = 2_000;
const events = 5;

let platform: Platform;
let inspector: Inspector;
beforeAll(async () => {
  const inspectorPort = await freePort();
  // The crowd comes from one address within a second, which is what the burst's limit is for.
  const env = {
    RATE_LIMIT_BURST: '0',
    STREAMS_PER_ADDRESS: '2500',
    NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}`,
  };
  platform = await startPlatform({ workers: 0, env });
  inspector = await openInspector(inspectorPort);
});
afterAll(async () => {
  inspector.close();
  await platform.stop();
});

/** A client that only counts: what 2,000 parsers would cost belongs to nobody's measurement. */
async function follow(): Promise<{ socket: Socket; count(): number }> {
  const { port } = new URL(platform.url);
  const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1');
  let text = '';
  socket.on('data', (part) => (text += String(part)));
  await once(socket, 'connect');
  socket.write('GET /streams/market HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n');
  await until('the head of the stream', () => (text.includes('retry: ') ? true : undefined));
  return { socket, count: () => text.split('event: quote.updated').length - 1 };
}
const crowd = (size: number) => Promise.all(Array.from({ length: size }, follow));
const readers = async (name = '') => {
  const lines = String(await platform.redis.client('LIST')).split('\n');
  return lines.filter((line) => line.includes(` db=${platform.redis.options.db} `) && line.includes(` name=${name}`))
    .length;
};
const sockets = async () => (await readdir(`/proc/${platform.apis[0]?.pid}/fd`)).length;
const leave = async (clients: Awaited<ReturnType<typeof crowd>>, before: { sockets: number; redis: number }) => {
  for (const { socket } of clients) socket.destroy();
  await until('as many sockets as before', async () => ((await sockets()) <= before.sockets ? true : undefined));
  await until('as many Redis clients as before', async () => ((await readers()) === before.redis ? true : undefined));
};

test('2,000 clients of one process all get each event by one Redis reader, and leave nothing behind', async () => {
  if (process.platform !== 'linux') return;
  const start = { sockets: await sockets(), redis: await readers() };
  // What a first crowd leaves is compiled code and buffers that are kept; it is not counted as a leak.
  await leave(await crowd(crowdSize / 4), start);
  const heapBefore = await inspector.heapAfterCollection();

  const clients = await crowd(crowdSize);
  await appendEvents(platform.redis, market, 'quote.updated', events);
  await until('every event at every client', () =>
    clients.every((client) => client.count() === events) ? true : undefined,
  );
  expect(await readers(`tail-${market.name}`)).toBe(1);
  expect(await readers()).toBe(start.redis + 1);
  expect(await sockets()).toBeGreaterThan(crowdSize);
  expect(await inspector.heapAfterCollection()).toBeGreaterThan(heapBefore);

  await leave(clients, start);
  const heapAfter = await inspector.heapAfterCollection();
  expect(heapAfter).toBeLessThan(heapBefore * 1.1);
});
