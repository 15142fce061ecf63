import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Answer, json, text } from '../answer.ts';
import { written } from '../stripe/amounts.ts';
import type { Stripe } from '../stripe/stripe.ts';
import { parsed } from './parsed.ts';

const page = readFileSync(new URL('./authentication.html', import.meta.url), 'utf8');
const Authentication = z.strictObject({ outcome: z.enum(['succeed', 'fail']) });

/** The path of the page on which a buyer confirms an intent. */
export const stepPath = (intent: string): string => `/payment_intents/${encodeURIComponent(intent)}/authenticate`;

/** Plays the bank that asks its card's holder: a page, and what is chosen there; undefined when that is not asked for. */
export async function answerOfStep(stripe: Stripe, what: string, body: string): Promise<Answer | undefined> {
  const [, method, id = '', step] = /^(GET|POST) \/payment_intents\/([^/]+)(\/authenticate)?$/.exec(what) ?? [];
  if (method === undefined) return undefined;
  if (method === 'POST') return step === undefined ? undefined : authenticated(stripe, id, body);
  if (step !== undefined) return text(200, 'text/html', page);
  const intent = stripe.intent(id);
  if (!intent) return json(404, { error: `There is no intent ${id}.` });
  return json(200, { id, status: intent.status, amount: written(intent.amount, intent.currency) });
}

/** What the buyer would do. */
function authenticated(stripe: Stripe, intent: string, body: string): Promise<Answer> {
  return parsed(Authentication, body, async ({ outcome }) => {
    const completed = await stripe.authenticate(intent, outcome === 'succeed');
    return completed ? json(200, completed) : json(404, { error: `No intent ${intent} waits for its buyer.` });
  });
}
