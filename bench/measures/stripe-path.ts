import { join } from 'node:path';
import { type Bench, type Measure, withProduct } from '../bench.ts';
import { answering, freePort, startMeasured } from '../sides/processes.ts';
import { type PaidRound, paidRound } from './paid-round.ts';

// As far away as a gateway on the same continent.
const answerMs = 20;
const key = 'sk_test_sandbox';
const secret = 'whsec_sandbox';

/** Paid orders when a gateway is asked for each, beside the same with one that asks nobody. */
export const stripePath: Measure = {
  ids: ['stripe-path'],
  async run(bench) {
    const stripe: PaidRound[] = [];
    const instant: PaidRound[] = [];
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(`stripe-path: round ${round + 1} of ${bench.effort.rounds}, instant and Stripe`);
      instant.push(await withProduct(bench, {}, (side) => paidRound(bench, side)));
      stripe.push(await atStripe(bench));
    }
    const rate = ({ paidPerSecond }: PaidRound) => paidPerSecond;
    return {
      goals: { 'stripe-path': { rate: { ours: stripe.map(rate), peer: instant.map(rate) } } },
      rounds: [{ row: 'stripe-path', stripe, instant }],
    };
  },
};

async function atStripe(bench: Bench): Promise<PaidRound> {
  const { BENCH_FOLDER } = bench.servers;
  const [port, control] = [await freePort(), await freePort()];
  const log = join(BENCH_FOLDER, 'sandbox.log');
  const data = join(BENCH_FOLDER, `sandbox-${port}`);
  const args = ['sandbox/main.ts', '--data', data, '--stripe', String(port), '--control', String(control)];
  const env = { STRIPE_WEBHOOK_SECRET: secret };
  const sandbox = startMeasured(process.execPath, args, { env, cwd: join(import.meta.dirname, '..', '..'), log });
  try {
    await answering(`http://127.0.0.1:${control}/healthz`, sandbox, log);
    const body = JSON.stringify({ target: 'stripe', kind: 'slow', ms: answerMs, seconds: 3_600 });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${control}/faults`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`the sandbox refuses to be slow: ${await answer.text()}`);
    const variables = {
      PAYMENT_GATEWAY: 'stripe',
      PAYMENT_DEFAULT_METHOD: 'pm_card_visa',
      STRIPE_API_BASE: `http://127.0.0.1:${port}`,
      STRIPE_SECRET_KEY: key,
      STRIPE_WEBHOOK_SECRET: secret,
    };
    return await withProduct(bench, { variables }, (side) => paidRound(bench, side));
  } finally {
    await sandbox.stop();
  }
}
