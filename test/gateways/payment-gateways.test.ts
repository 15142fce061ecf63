import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { CannotStart, NoSuchGateway } from '../../src/errors.ts';
import { openPaymentGateways } from '../../src/gateways/payment-gateways.ts';
import { isKeyStale } from '../../src/gateways/payments/payment-gateway.ts';

// Nothing is asked before somebody pays.
const redis = new Redis({ lazyConnect: true });
const servers = { NODE_ENV: 'test', MYSQL_HOST: 'none', REDIS_HOST: 'none' };
const open = (env: Readonly<Record<string, string>>) => openPaymentGateways(readConfig({ ...servers, ...env }), redis);
const stripe = { STRIPE_SECRET_KEY: 'sk_test_none' };

test('every folder whose gateway is configured is one, and PAYMENT_GATEWAY takes new payments', async () => {
  const both = await open(stripe);
  expect([both.current, both.all.map(({ name }) => name)]).toEqual(['stripe', ['instant', 'stripe']]);
  const { all, named } = await open({ PAYMENT_GATEWAY: 'instant' });
  expect(all.map(({ name }) => name)).toEqual(['instant']);
  expect(() => named('stripe')).toThrow(NoSuchGateway);
});

test('nobody starts without a gateway for new payments, and the reason names the variable', async () => {
  const misspelt = open({ ...stripe, PAYMENT_GATEWAY: 'strpie' });
  await expect(misspelt).rejects.toThrow(CannotStart);
  await expect(misspelt).rejects.toThrow(/PAYMENT_GATEWAY is 'strpie'.* instant, stripe/);
});

test('webhooks are heard by who has a secret to know them by', async () => {
  const heard = async (env: Readonly<Record<string, string>>) =>
    (await open(env)).all.filter(({ readWebhook }) => readWebhook).map(({ name }) => name);
  expect(await heard(stripe)).toEqual([]);
  expect(await heard({ ...stripe, STRIPE_WEBHOOK_SECRET: 'whsec_none' })).toEqual(['stripe']);
});

test('a key is too old when its gateway says so', async () => {
  const { named } = await open(stripe);
  const first = new Date('2026-01-01T00:00:00Z');
  const after = (hours: number) => new Date(first.getTime() + hours * 3_600_000);
  expect([22, 23].map((hours) => isKeyStale(named('stripe'), first, after(hours)))).toEqual([false, true]);
  expect(isKeyStale(named('instant'), first, after(100_000))).toBe(false);
});
