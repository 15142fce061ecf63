import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { faultKinds } from '../../sandbox/faults.ts';
import type { SandboxTarget } from '../support/upstreams/sandbox-control.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

// A Saturday: nothing moves between two looks.
const market = ['--seed', '7', '--clock', '2026-11-21T12:00:00Z', '--hours', 'exchange'];
const premium = { 'X-Finnhub-Token': 'premium' };
const env = { FINNHUB_PER_MINUTE: '600', FINNHUB_PER_SECOND: '600' };

let sandbox: Sandbox;
let twin: Sandbox;
beforeAll(async () => {
  [sandbox, twin] = await Promise.all([startSandbox({ env, args: market }), startSandbox({ env, args: market })]);
});
afterEach(() => sandbox.clearFaults());
afterAll(() => Promise.all([sandbox.stop(), twin.stop()]));

/** What a caller of this upstream meets: a status with what its body is, or nothing at all. */
async function meets(target: SandboxTarget, patienceMs = 10_000): Promise<string> {
  const answer = await ask(target, patienceMs).catch((error: unknown) =>
    error instanceof Error ? error.name : 'nothing',
  );
  if (typeof answer === 'string') return answer;
  const text = await answer.text();
  if (/^\s*<(!doctype )?html/i.test(text)) return `${answer.status} page`;
  if (target === 'rates') return `${answer.status} ${text.includes('</gesmes:Envelope>') ? 'whole' : 'other'}`;
  const isJson = z.string().transform(parsed).safeParse(text).success;
  return `${answer.status} ${isJson ? 'whole' : 'other'}`;
}

function parsed(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('no JSON');
    return z.NEVER;
  }
}

function ask(target: SandboxTarget, patienceMs: number): Promise<Response> {
  const { urls } = sandbox;
  const signal = AbortSignal.timeout(patienceMs);
  if (target === 'finnhub') return fetch(`${urls.finnhub}/quote?symbol=AAPL&token=free`, { signal });
  if (target !== 'stripe') return fetch(urls[target], { signal });
  const body = new URLSearchParams({ amount: '500', currency: 'usd', payment_method: 'pm_card_visa', confirm: 'true' });
  const headers = { authorization: 'Bearer sk_test_sandbox' };
  return fetch(`${urls.stripe}/v1/payment_intents`, { method: 'POST', headers, body, signal });
}

const [whole, page, refused, broken] = ['200 whole', '200 page', '429 whole', '200 other'];
const everywhere = { slow: 'TimeoutError', hang: 'TimeoutError', lost_answer: 'TypeError', html: page };
test.each([
  ['finnhub', { ...everywhere, '429': refused, '5xx': '502 page', malformed: broken, zeros: whole }],
  ['products', { ...everywhere, '429': '429 other', '5xx': '522 page', malformed: broken }],
  ['rates', { ...everywhere, '429': '429 page', '5xx': '503 page', malformed: broken }],
  [
    'stripe',
    {
      ...everywhere,
      '429': refused,
      '5xx': '500 whole',
      malformed: broken,
      error_after_charge: '500 whole',
      decline: '402 whole',
    },
  ],
] satisfies [SandboxTarget, Record<string, string>][])(
  'every fault of %s strikes as its name says',
  async (target, kinds) => {
    expect(await meets(target)).toBe(whole);
    const named = faultKinds[target].filter((kind) => !/^(webhook|refund|socket)_/.test(kind));
    expect(Object.keys(kinds).sort()).toEqual(named.toSorted());
    for (const [kind, met] of Object.entries(kinds)) {
      await sandbox.fault({ target, kind, times: 1, ms: 60_000 });
      expect(await meets(target, met === 'TimeoutError' ? 300 : undefined), kind).toBe(met);
      await sandbox.clearFaults();
    }
    expect(await meets(target)).toBe(whole);
  },
);

test('two markets with one seed and one clock are one market', async () => {
  const paths = [
    'quote?symbol=AAPL',
    'stock/profile2?symbol=V',
    'company-news?symbol=IBM&from=2026-11-16&to=2026-11-19',
  ];
  const look = ({ urls }: Sandbox) =>
    Promise.all([
      ...paths.map(async (path) => (await fetch(`${urls.finnhub}/${path}`, { headers: premium })).text()),
      fetch(urls.rates).then((answer) => answer.text()),
      fetch(`${urls.finnhub}/forex/rates?base=USD`, { headers: premium }).then((answer) => answer.text()),
    ]);
  const [one, other] = await Promise.all([look(sandbox), look(twin)]);
  expect(one).toEqual(other);
  const another = await startSandbox({ args: ['--seed', '8', ...market.slice(2)] });
  const third = await look(another);
  await another.stop();
  expect(third.filter((body, place) => body === one[place])).toEqual([]);
});
