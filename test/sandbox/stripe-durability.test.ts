import { appendFile, chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';
import { payment, refusalOf, stripeOf } from '../support/upstreams/stripe-client.ts';

let dataDir: string;
let sandbox: Sandbox;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'orderflow-ledger-'));
  sandbox = await startSandbox({ dataDir });
});
afterEach(async () => {
  await sandbox.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test('what was answered survives kill -9: ledger, keys and intents', async () => {
  const paid = await stripeOf(sandbox).paymentIntents.create(payment(), { idempotencyKey: 'before' });
  await stripeOf(sandbox).refunds.create({ payment_intent: paid.id, amount: 1000 });
  const ledger = await sandbox.ledger();
  await sandbox.kill();
  sandbox = await startSandbox({ dataDir });
  expect(await sandbox.ledger()).toEqual(ledger);
  const replayed = await stripeOf(sandbox).paymentIntents.create(payment(), { idempotencyKey: 'before' });
  expect(replayed.id).toBe(paid.id);
  expect(await sandbox.ledger()).toHaveLength(2);
  const other = stripeOf(sandbox).paymentIntents.create(payment({ amount: 777 }), { idempotencyKey: 'before' });
  expect((await refusalOf(other)).type).toBe('StripeIdempotencyError');
  const tooMuch = stripeOf(sandbox).refunds.create({ payment_intent: paid.id, amount: 9001 });
  expect((await refusalOf(tooMuch)).param).toBe('amount');
});

test('killed amid many charges, every answered one is in the ledger exactly once', async () => {
  const stripe = stripeOf(sandbox);
  const answered: string[] = [];
  const charges = Array.from({ length: 200 }, async (_, number) => {
    await stripe.paymentIntents.create(payment(), { idempotencyKey: `many-${number}` });
    answered.push(`many-${number}`);
  });
  const all = Promise.allSettled(charges);
  await expect.poll(() => answered.length, { interval: 1 }).toBeGreaterThan(10);
  await sandbox.kill();
  await all;
  sandbox = await startSandbox({ dataDir });
  const keys = (await sandbox.ledger()).map(({ idempotency_key }) => idempotency_key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys).toEqual(expect.arrayContaining(answered));
});

test('a last line that was never finished is cut off', async () => {
  await stripeOf(sandbox).paymentIntents.create(payment());
  await sandbox.kill();
  await appendFile(join(dataDir, 'stripe.jsonl'), '{"intent":{"id":"pi_torn"');
  sandbox = await startSandbox({ dataDir });
  expect(await sandbox.ledger()).toHaveLength(1);
  await stripeOf(sandbox).paymentIntents.create(payment());
  const lines = (await readFile(join(dataDir, 'stripe.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => typeof JSON.parse(line))).toEqual(['object', 'object']);
});

test('the journal is for its owner alone, also where an earlier one was for everybody', async () => {
  const path = join(dataDir, 'stripe.jsonl');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await sandbox.stop();
  await chmod(path, 0o644);
  sandbox = await startSandbox({ dataDir });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a held request has charged, or not yet, and goes on when it is let go', async () => {
  const stripe = stripeOf(sandbox);
  await sandbox.hold({ target: 'stripe', phase: 'after', path: '/v1/payment_intents' });
  const charged = stripe.paymentIntents.create(payment());
  await expect.poll(() => sandbox.held()).toBe(1);
  expect(await sandbox.ledger()).toHaveLength(1);
  await sandbox.release();
  expect((await charged).status).toBe('succeeded');
  await sandbox.hold({ target: 'stripe', phase: 'before' });
  const waiting = stripe.paymentIntents.create(payment());
  await expect.poll(() => sandbox.held()).toBe(1);
  expect(await sandbox.ledger()).toHaveLength(1);
  await sandbox.release();
  expect((await waiting).status).toBe('succeeded');
  expect(await sandbox.ledger()).toHaveLength(2);
});
