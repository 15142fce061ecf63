import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Strike } from '../../support/proof/strike.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed, seeded, shuffled } from '../../support/seeded.ts';
import type { ToxicProxy } from '../../support/upstreams/toxic-proxy.ts';

type Spoil = (way: ToxicProxy) => Promise<void> | void;

const spoils: readonly (readonly [spoil: Spoil, lastsMs: number])[] = [
  [(way) => way.set({ jitterMs: 100 }), 4_000],
  [(way) => way.set({ delayMs: 500 }), 6_000],
  [(way) => way.set({ sliceBytes: 1 }), 4_000],
  [(way) => way.set({ sliceBytes: 500, bytesPerSecond: 10_000 }), 5_000],
  [
    async (way) => {
      for (let count = 0; count < 3; count += 1) {
        await way.cut();
        await sleep(2_000);
      }
    },
    0,
  ],
  [(way) => way.set({ closed: 'down' }), 8_000],
  [(way) => way.set({ closed: 'both' }), 12_000],
];
const title =
  'the ways to MySQL, Redis, the gateway and the provider: up to 100 and 500 ms late, a byte at a time, 10 KB/s, ' +
  'cut every 2 s, one way, half open';

/** What readers of prices are answered, who have a copy. */
const answered = new Set<number>();

async function readPrices({ stands }: Deployment, over: AbortSignal): Promise<void> {
  const [api] = stands;
  while (!over.aborted) {
    const answer = await fetch(`${api?.url}/market/quote?symbol=AAPL`, { signal: AbortSignal.timeout(15_000) });
    await answer.arrayBuffer();
    answered.add(answer.status);
    await sleep(100);
  }
}

function spoilWay(which: keyof Deployment['ways'], [spoil, lastsMs]: (typeof spoils)[number]): Strike {
  return {
    fault: 'F19',
    name: which,
    async inflict(deployment) {
      const way = deployment.ways[which];
      const over = new AbortController();
      const reading = which === 'provider' ? readPrices(deployment, over.signal) : undefined;
      await spoil(way);
      await sleep(lastsMs);
      way.clear();
      over.abort();
      await reading;
    },
  };
}

const first: Strike = {
  fault: 'F19',
  name: 'nothing yet',
  async inflict({ stands: [api] }) {
    await until('there is a price', async () => {
      const answer = await fetch(`${api?.url}/market/quote?symbol=AAPL`);
      return answer.status === 200 || undefined;
    });
  },
};

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

test('whatever becomes of the ways to servers, every order is charged once, and whoever reads prices is answered', {
  timeout: 1_200_000,
}, async () => {
  const seed = chosenSeed();
  const ways = ['mysql', 'redis', 'gateway', 'provider'] as const;
  const all = ways.flatMap((which) => spoils.map((spoil) => spoilWay(which, spoil)));
  const strikes = [first, ...shuffled(all, seeded(seed))];
  const env = { QUOTE_TTL_SECONDS: '2' };
  const processes = ['api', 'worker', 'worker'] as const;
  chaos = await runChaos({ seed, strikes, orders: 10 * strikes.length, processes, env, isMeasured: true });
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F19', title, times: all.length }]);
  expect([...answered]).toEqual([200]);
});
