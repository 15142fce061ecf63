import { expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { instant } from '../../../src/gateways/instant/instant.gateway.ts';
import { isKeyStale } from '../../../src/gateways/payments/payment-gateway.ts';
import { ownData } from '../../support/stores/servers.ts';

const opened = instant.open(readConfig(await ownData()), undefined);
if (!opened) throw new Error('it needs nothing to be configured');
const charge = { key: 'k-1', orderId: 'o', paymentId: 'p', amountMinor: 100, currency: 'USD', method: 'instant' };

test('any number of charges with one key are one charge, and another key is another', async () => {
  const taken = await opened.charge(charge);
  expect(taken).toEqual({ status: 'succeeded', reference: 'instant_k-1' });
  expect(await opened.charge(charge)).toEqual(taken);
  expect(await opened.charge({ ...charge, key: 'k-2' })).not.toEqual(taken);
  expect(await opened.lookUp('instant_k-1', charge)).toEqual(taken);
});

test('any number of refunds with one key are one refund', async () => {
  const refund = { key: 'r-1', refundId: 'r', reference: 'instant_k-1', amountMinor: 40, currency: 'USD' };
  expect(await opened.refund(refund)).toEqual({ status: 'succeeded', reference: 'instant_r-1' });
  expect(await opened.refund(refund)).toEqual(await opened.refund(refund));
});

test('it keeps no books, says so, and never forgets a key', async () => {
  expect(instant.keepsBooks).toBe(false);
  const [since, until] = [new Date(0), new Date()];
  for (const list of [opened.list(since, until), opened.listRefunds(since, until)])
    for await (const some of list) expect(some).toBeUndefined();
  expect(await opened.refundsOf('instant_k-1')).toEqual([]);
  expect(await opened.charged('instant_k-1')).toBeUndefined();
  expect(isKeyStale(instant, since, until)).toBe(false);
});
