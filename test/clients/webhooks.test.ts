import { createHmac, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { BadSignature, verifyWebhook } from '../../clients/typescript/src/webhooks.ts';

// The example that the convention itself publishes.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const published = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const body = '{"test": 2432232314}';
const at = (seconds: number) => new Date((Number(published['webhook-timestamp']) + seconds) * 1_000);
const received = { headers: published, body, secret, now: at(0) };

it('takes what the convention publishes as its example, as text and as bytes', async () => {
  expect(await verifyWebhook(received)).toEqual({ test: 2432232314 });
  expect(await verifyWebhook({ ...received, body: new TextEncoder().encode(body) })).toEqual({ test: 2432232314 });
});

it('reads headers as any server hands them out', async () => {
  const shouted = Object.fromEntries(Object.entries(published).map(([name, value]) => [name.toUpperCase(), [value]]));
  for (const headers of [new Headers(published), shouted]) await verifyWebhook({ ...received, headers });
});

it('takes the old secret and the new one while one replaces the other, on either side', async () => {
  const other = `whsec_${randomBytes(24).toString('base64')}`;
  await verifyWebhook({ ...received, secret: [other, secret] });
  const several = `v1a,${randomBytes(64).toString('base64')} v1,${randomBytes(32).toString('base64')}`;
  const headers = { ...published, 'webhook-signature': `${several} ${published['webhook-signature']}` };
  await verifyWebhook({ ...received, headers });
  await expect(verifyWebhook({ ...received, secret: [other] })).rejects.toThrow(BadSignature);
});

it('is tolerant of five minutes either way, or of as much as is said, and of no more', async () => {
  for (const seconds of [-300, 300]) await verifyWebhook({ ...received, now: at(seconds) });
  for (const seconds of [-301, 301])
    await expect(verifyWebhook({ ...received, now: at(seconds) })).rejects.toThrow(/more than 300 s from now/);
  await verifyWebhook({ ...received, now: at(500), toleranceSeconds: 500 });
  await expect(verifyWebhook({ ...received, now: new Date() })).rejects.toThrow(BadSignature);
});

it.each([
  ['another body', { body: '{"test":2432232314}' }],
  ['another id', { headers: { ...published, 'webhook-id': 'msg_2' } }],
  ['another time', { headers: { ...published, 'webhook-timestamp': '1614265331' } }],
  ['no id', { headers: { ...published, 'webhook-id': '' } }],
  ['no signature', { headers: { ...published, 'webhook-signature': '' } }],
  ['a time that is none', { headers: { ...published, 'webhook-timestamp': '1614265330.0' } }],
  ['a time without end', { headers: { ...published, 'webhook-timestamp': 'Infinity' } }],
  ['a signature cut short', { headers: { ...published, 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt' } }],
  ['a signature of nothing', { headers: { ...published, 'webhook-signature': 'v1,' } }],
  ['what is no base64', { headers: { ...published, 'webhook-signature': 'v1,%%%' } }],
  [
    'another version of the signature',
    { headers: { ...published, 'webhook-signature': published['webhook-signature'].replace('v1', 'v2') } },
  ],
])('refuses %s', async (_, other) => {
  await expect(verifyWebhook({ ...received, ...other })).rejects.toThrow(BadSignature);
});

it('refuses a time that is none, though it is signed', async () => {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  for (const timestamp of ['soon', '-1', '']) {
    const signature = createHmac('sha256', key)
      .update(`${published['webhook-id']}.${timestamp}.${body}`)
      .digest('base64');
    const headers = { ...published, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
    await expect(verifyWebhook({ ...received, headers })).rejects.toThrow(BadSignature);
  }
});

it('does not take an empty secret, by which anybody could sign', async () => {
  const signature = createHmac('sha256', '').update(`${published['webhook-id']}.1614265330.${body}`).digest('base64');
  const headers = { ...published, 'webhook-signature': `v1,${signature}` };
  for (const empty of ['', 'whsec_', 'whsec_%'])
    await expect(verifyWebhook({ ...received, headers, secret: empty })).rejects.toThrow(/A secret is/);
  await expect(verifyWebhook({ ...received, headers, secret: [] })).rejects.toThrow(BadSignature);
});
