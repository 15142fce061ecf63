import Stripe from 'stripe';
import type { Config } from '../../config.ts';
import { startTimeout } from '../../process/deadline.ts';
import { when, type Finding } from '../../process/finding.ts';

const patienceMs = 5_000;
const testPerSecond = 25;
const livePerSecond = 100;

/** Looks at the keys, at the pace, and whether an event of Stripe's would reach the API and be believed. */
export async function checkStripe(config: Config): Promise<readonly Finding[]> {
  const { STRIPE_SECRET_KEY: keys = [], PAYMENTS_PER_SECOND: pace = 0, isProduction } = config;
  const isTest = keys.some((key) => /^[sr]k_test_/.test(key));
  const isLive = keys.some((key) => /^[sr]k_live_/.test(key));
  const mode = isTest ? 'test' : 'live';
  const most = isTest ? testPerSecond : livePerSecond;
  return [
    ...when(
      (isTest && isLive) || (isProduction ? isTest : isLive),
      'gateway_key_mode',
      isTest && isLive
        ? 'STRIPE_SECRET_KEY names keys of both modes: what one has charged the other does not know.'
        : `STRIPE_SECRET_KEY is of ${mode} mode, and NODE_ENV ${config.NODE_ENV}: ${isTest ? 'nobody is charged' : 'people are charged'}.`,
      'Set the key of the mode that is meant.',
    ),
    ...when(
      pace > most,
      'gateway_pace',
      `Stripe takes ${most} calls a second with a key of ${mode} mode, and PAYMENTS_PER_SECOND is ${pace}.`,
      `Set PAYMENTS_PER_SECOND to ${most} or less.`,
    ),
    ...(await checkWebhook(config)),
  ];
}

/** Sends an event of a type that means nothing here, signed as Stripe's are. */
async function checkWebhook({ publicUrl, STRIPE_WEBHOOK_SECRET }: Config): Promise<readonly Finding[]> {
  const [secret] = STRIPE_WEBHOOK_SECRET ?? [];
  if (secret === undefined) return [];
  const url = `${publicUrl}/payments/webhook`;
  const payload = JSON.stringify({ id: 'evt_orderflow_doctor', type: 'orderflow.doctor', data: { object: {} } });
  const signature = await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret });
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
  const said = await fetch(url, {
    method: 'POST',
    body: payload,
    headers,
    signal: startTimeout(patienceMs).signal,
  }).then(
    ({ status }) => status,
    () => undefined,
  );
  return when(
    said !== 200,
    'webhook',
    said === undefined
      ? `No event of Stripe's can arrive: nobody answers at ${url}.`
      : `An event signed with the first STRIPE_WEBHOOK_SECRET is answered ${said} at ${url}.`,
    said === undefined
      ? 'Start an API, correct PUBLIC_URL, or let the proxy in front pass that path.'
      : 'Give every API the same STRIPE_WEBHOOK_SECRET, and let the proxy in front pass bodies as they are.',
  );
}
