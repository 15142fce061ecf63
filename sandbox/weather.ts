import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, json, lost, type Target, text } from './answer.ts';
import type { Faults } from './faults.ts';

/** How each upstream says that it is called too often. */
export const limited: Readonly<Record<Target, Answer>> = {
  finnhub: json(429, { error: 'API limit reached. Please try again later. Remaining Limit: 0' }),
  stripe: json(
    429,
    {
      error: {
        code: 'rate_limit',
        doc_url: 'https://stripe.com/docs/error-codes/rate-limit',
        message:
          'Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.',
        type: 'invalid_request_error',
      },
    },
    { 'stripe-rate-limited-reason': 'global-rate' },
  ),
  products: text(429, 'text/plain', 'Too many requests, please try again later.'),
  rates: text(429, 'text/html', '<html><head><title>Too many requests</title></head></html>'),
};

const outages: Record<Target, Answer> = {
  finnhub: text(502, 'text/html', '<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>'),
  stripe: json(500, { error: { type: 'api_error', message: 'An unknown error occurred.' } }),
  products: text(522, 'text/html', '<html><head><title>522: Connection timed out</title></head></html>'),
  rates: text(503, 'text/html', '<html><head><title>Service unavailable</title></head></html>'),
};

const interstitial = text(
  200,
  'text/html',
  '<!doctype html><title>Just a moment…</title><p>Checking your browser.</p>',
);

/** Runs what an upstream would do, under the faults that any upstream can have. */
export async function underWeather(
  faults: Faults,
  target: Target,
  run: () => Answer | Promise<Answer>,
): Promise<Answer> {
  const limit = faults.strikes(target, '429');
  if (limit) {
    const retryAfter = limit.retry_after === undefined ? {} : { 'retry-after': String(limit.retry_after) };
    return { ...limited[target], headers: { ...limited[target].headers, ...retryAfter } };
  }
  if (faults.strikes(target, 'hang')) return lost('hang');
  if (faults.strikes(target, '5xx')) return outages[target];
  if (faults.strikes(target, 'html')) return interstitial;
  // A slow payment has its idempotency key in use meanwhile, so that upstream waits inside `run`.
  if (target !== 'stripe') await slowDown(faults, target);
  const answer = await run();
  // A payment's answer gets lost inside `run`, which knows what was executed.
  if (target !== 'stripe' && faults.strikes(target, 'lost_answer')) return lost('drop');
  if (!faults.strikes(target, 'malformed')) return answer;
  return { ...answer, body: answer.body.slice(0, Math.ceil(answer.body.length / 2)) };
}

/** Waits as long as the fault `slow` says, if it strikes. */
export async function slowDown(faults: Faults, target: Target): Promise<void> {
  const slow = faults.strikes(target, 'slow');
  if (slow) await delay(slow.ms);
}
