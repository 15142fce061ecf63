import { describe, expect, it } from 'vitest';
import { choosers, type RoutableEvent, wishesOf } from '../../src/webhooks/endpoint.ts';
import { newSecret, sign } from '../../src/webhooks/sign.ts';
import { waitAfter } from '../../src/webhooks/record-round.ts';
import { Webhook } from 'standardwebhooks';

const wishes = (id: string, about: object = {}) =>
  wishesOf({ id, userId: 1, scope: 'own', types: '[]', symbols: '[]', since: 0, ...about });
const event = (about: Partial<RoutableEvent>): RoutableEvent => ({
  stream: 'orders',
  type: 'order.paid',
  subject: 's',
  data: '{"user_id":1}',
  ...about,
});

describe('an event is for', () => {
  const all = [
    wishes('own'),
    wishes('other', { userId: 2 }),
    wishes('all', { userId: 9, scope: 'all' }),
    wishes('paid', { types: '["order.paid"]' }),
    wishes('apple', { userId: 2, symbols: '["AAPL"]' }),
  ];
  const told = (about: Partial<RoutableEvent>) =>
    choosers(all)(event(about))
      .map(({ id }) => id)
      .toSorted();

  it('whose order it is about, and who is told of all; types leave out the others', () => {
    expect(told({})).toEqual(['all', 'own', 'paid']);
    expect(told({ type: 'order.created' })).toEqual(['all', 'own']);
    expect(told({ data: '{"user_id":2}' })).toEqual(['all', 'apple', 'other']);
    expect(told({ data: '{"user_id":7}' })).toEqual(['all']);
  });

  it('nobody but who is told of all, when it names nobody or is of a stream that is not known', () => {
    for (const data of ['{}', '{"user_id":"1"}', '{"user_id":null}']) expect(told({ data })).toEqual(['all']);
    expect(told({ stream: 'secrets', data: '{}' })).toEqual(['all']);
  });

  it('everybody when it is about the market or the catalogue; symbols leave out others of the market alone', () => {
    const quote = { stream: 'market', type: 'quote.updated', data: '{}' };
    expect(told({ ...quote, subject: 'AAPL' })).toEqual(['all', 'apple', 'other', 'own']);
    expect(told({ ...quote, subject: 'MSFT' })).toEqual(['all', 'other', 'own']);
    expect(told({ stream: 'catalog', type: 'product.created', data: '{}' })).toEqual(['all', 'apple', 'other', 'own']);
  });

  it('who names the share or the coin by a bare symbol, as followers of the stream do', () => {
    const named = choosers([
      wishes('coin', { symbols: '["LTC"]' }),
      wishes('pair', { symbols: '["BINANCE:LTCUSDT"]' }),
    ]);
    const crypto = { stream: 'market', type: 'crypto.updated', data: '{}' };
    const ids = (subject: string) => named(event({ ...crypto, subject })).map(({ id }) => id);
    expect(ids('BINANCE:LTCUSDT')).toEqual(['coin', 'pair']);
    expect(ids('LTC')).toEqual(['coin']);
    expect(ids('BINANCE:BTCUSDT')).toEqual([]);
  });
});

describe('a message', () => {
  // The example of the convention's own page.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  const at = new Date(1_614_265_330_000);

  it('is signed as the convention says', () => {
    expect(sign(message, { secret, previousSecret: null, previousUntil: null }, at)).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is signed with both secrets as long as the one before counts, so that either verifies it', () => {
    const [secrets, now] = [{ secret: newSecret(), previousSecret: newSecret() }, new Date()];
    const signed = sign(message, { ...secrets, previousUntil: new Date(now.getTime() + 1) }, now);
    for (const one of [secrets.secret, secrets.previousSecret])
      expect(new Webhook(one).verify(message.body, signed)).toEqual({ test: 2_432_232_314 });
    const later = sign(message, { ...secrets, previousUntil: now }, now);
    expect(() => new Webhook(secrets.previousSecret).verify(message.body, later)).toThrow('No matching signature');
  });
});

it('the waits between tries double from five seconds to an hour, and are never much shorter', () => {
  const waits = (failures: number) => Array.from({ length: 200 }, () => waitAfter(failures) / 1_000);
  for (const [failures, most] of [
    [1, 5],
    [2, 10],
    [5, 80],
    [11, 3_600],
    [10_000, 3_600],
  ] as const) {
    expect(Math.max(...waits(failures))).toBeLessThanOrEqual(most);
    expect(Math.min(...waits(failures))).toBeGreaterThanOrEqual(most / 2);
  }
});
