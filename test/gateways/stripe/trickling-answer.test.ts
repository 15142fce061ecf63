import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { OutcomeUnknown } from '../../../src/errors.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { listen } from '../../support/upstreams/local-server.ts';

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
  const timeoutMs = 1_000;
  const stripe = openStripe({ keys: ['sk_test_first'], webhookSecrets: [], base: server.url, timeoutMs });
  const ids = { key: randomUUID(), orderId: randomUUID(), paymentId: randomUUID() };
  const charging = stripe.charge({ ...ids, amountMinor: 100, currency: 'USD', method: 'pm_card_visa' });
  await expect(charging).rejects.toThrow(OutcomeUnknown);
  await expect.poll(() => closed, { timeout: 60_000 }).toBeGreaterThan(0);
  await server.close();
});
