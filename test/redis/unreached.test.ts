import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openConnection } from '../../src/redis/connection.ts';
import { whyRedisUnreached } from '../../src/redis/unreached.ts';

const patient = { connectTimeout: 2_000, maxRetriesPerRequest: null, retryStrategy: () => 10_000 };

/** What a connection hears of a server that hangs up on the first word. */
async function errorOf(hangUp: (socket: Socket) => void, options: object): Promise<unknown> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => hangUp(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const redis = openConnection({ host: '127.0.0.1', port, ...patient, ...options });
  try {
    return await new Promise((resolve) => redis.once('error', resolve));
  } finally {
    redis.disconnect();
    server.close();
  }
}

test('a server that hangs up on the first word of TLS speaks none', async () => {
  const error = await errorOf((socket) => socket.end(), { tls: {} });
  expect(whyRedisUnreached(error, true)).toMatchObject({
    kind: 'tls',
    remedy: expect.stringContaining('unset it where the server speaks none'),
  });
});

test('one that drops what is not TLS may want it, and one that drops TLS is away', async () => {
  const error = await errorOf((socket) => socket.resetAndDestroy(), {});
  expect(whyRedisUnreached(error, false)).toMatchObject({
    kind: 'away',
    remedy: expect.stringContaining('or set REDIS_TLS, if it speaks TLS only'),
  });
  expect(whyRedisUnreached(error, true).remedy).not.toContain('REDIS_TLS');
});
