import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Faults } from '../faults.ts';
import type { PaymentEvent } from './books.ts';

const MOST_ATTEMPTS = 20;
const LONGEST_WAIT_MS = 10_000;
const PATIENCE_MS = 10_000;

/** Sends payment events, each at least once and in no promised order. */
export interface Webhooks {
  /** Resolves when every address has taken the event, or none of 20 attempts helped. */
  deliver(event: PaymentEvent): Promise<void>;
}

/** Delivers to these addresses, signed over the raw bytes with this secret. */
export function createWebhooks(urls: readonly string[], secret: string, faults: Faults): Webhooks {
  let letPass: (() => void) | undefined;
  return {
    async deliver(event) {
      if (faults.strikes('stripe', 'webhook_lost')) return;
      const late = faults.strikes('stripe', 'webhook_delay');
      if (late) await delay(late.ms);
      if (faults.strikes('stripe', 'webhook_reorder') && !letPass) {
        // Waits until a later event has overtaken it, at most two seconds.
        const overtaken = new Promise<void>((resolve) => (letPass = resolve));
        await Promise.race([overtaken, delay(2000)]);
        letPass = undefined;
      }
      const times = faults.strikes('stripe', 'webhook_duplicate') ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        const body = JSON.stringify(event);
        await Promise.all(urls.map((url) => deliverTo(url, body, secret)));
      }
      letPass?.();
    },
  };
}

async function deliverTo(url: string, body: string, secret: string): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    if (await isTaken(url, body, secret)) return;
    await delay(Math.min(200 * 2 ** attempt, LONGEST_WAIT_MS));
  }
}

async function isTaken(url: string, body: string, secret: string): Promise<boolean> {
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${seconds},v1=${signature}` };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    // Nobody listens there just now: one more attempt that failed.
    return false;
  }
}
