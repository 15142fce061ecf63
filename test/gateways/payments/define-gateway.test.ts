import { expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { instant } from '../../../src/gateways/instant/instant.gateway.ts';
import { onceAsked } from '../../../src/gateways/payments/define-gateway.ts';
import { isKeyStale } from '../../../src/gateways/payments/payment-gateway.ts';
import { ownData } from '../../support/stores/servers.ts';

const calls = instant.open(readConfig(await ownData()), undefined);
if (!calls) throw new Error('it needs nothing to be configured');

test('a gateway is opened by the first call, once for those that come together', async () => {
  let openings = 0;
  const lazy = onceAsked(async () => {
    openings += 1;
    return calls;
  });
  expect(openings).toBe(0);
  await Promise.all([lazy.cancel('a', { amountMinor: 1, currency: 'USD' }), lazy.refundsOf('a'), lazy.charged('a')]);
  for await (const some of lazy.list(new Date(0), new Date())) expect(some).toBeUndefined();
  expect(openings).toBe(1);
});

test('webhooks of a gateway that tells nothing of its own accord are about nothing of ours', async () => {
  const lazy = onceAsked(async () => calls);
  expect(await lazy.readWebhook('{}', new Headers())).toBeUndefined();
});

test('a key may be used until its life is over, and not at that moment any more', () => {
  const [keyLifeMs, usedAt] = [1_000, new Date(5_000)];
  expect(isKeyStale({ keyLifeMs }, usedAt, new Date(5_999))).toBe(false);
  expect(isKeyStale({ keyLifeMs }, usedAt, new Date(6_000))).toBe(true);
});
