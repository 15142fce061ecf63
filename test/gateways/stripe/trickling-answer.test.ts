import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { OutcomeUnknown } from '../../../src/errors.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { listen } from '../../support/upstreams/local-server.ts';

const charge = (base: string) => {
  const stripe = openStripe({ keys: ['sk_test_first'], webhookSecrets: [], base, timeoutMs: 1_000 });
  const ids = { key: randomUUID(), orderId: randomUUID(), paymentId: randomUUID() };
  return stripe.charge({ ...ids, amountMinor: 100, currency: 'USD', method: 'pm_card_visa' });
};

test('an answer that begins, comes by the byte and does not end is none', async () => {
  let closed = 0;
  const server = await listen((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    const going = setInterval(() => response.write(' '), 20);
    response.on('close', () => {
      clearInterval(going);
      closed += 1;
    });
  });
  await expect(charge(server.url)).rejects.toThrow(OutcomeUnknown);
  await expect.poll(() => closed, { timeout: 60_000 }).toBeGreaterThan(0);
  await server.close();
});

test('an answer whose head comes by the byte and does not end is none', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\nx-slow: ');
    const going = setInterval(() => socket.write('x'), 20);
    socket.on('close', () => clearInterval(going));
    onTestFinished(() => void socket.destroy());
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await expect(charge(`http://127.0.0.1:${port}`)).rejects.toThrow(OutcomeUnknown);
});
