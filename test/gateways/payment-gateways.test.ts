import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { CannotStart, NoSuchGateway } from '../../src/errors.ts';
import { loadGateways, openPaymentGateways } from '../../src/gateways/payment-gateways.ts';

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

test('a gateway that only stands in for its own says so, and which header signs webhooks that do not name it', async () => {
  const standIns = async (env: Readonly<Record<string, string>>) =>
    (await open({ ...stripe, ...env })).all.filter(({ isStandIn }) => isStandIn).map(({ name }) => name);
  expect(await standIns({})).toEqual([]);
  expect(await standIns({ STRIPE_API_BASE: 'http://127.0.0.1:9999' })).toEqual(['stripe']);
  // Of all folders, of which there may be more by now: one path is for one gateway.
  const unnamed = (await loadGateways()).flatMap(({ hearsUnnamed }) => hearsUnnamed ?? []);
  expect(unnamed.map(({ signatureHeader }) => signatureHeader)).toEqual(['stripe-signature']);
});

test('a key of Stripe’s is too old after 23 hours, one of instant’s never', async () => {
  const { named } = await open(stripe);
  expect([named('stripe').keyLifeMs, named('instant').keyLifeMs]).toEqual([82_800_000, Number.POSITIVE_INFINITY]);
});
