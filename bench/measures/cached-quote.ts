import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, type Measure, withPeer, withProduct } from '../bench.ts';
import { makeLoad } from '../load/make-load.ts';
import type { Ask } from '../load/plan.ts';
import { answering, freePort, startMeasured } from '../sides/processes.ts';
import type { Side } from '../sides/side.ts';
import { Miscounted } from './drain.ts';

const symbol = 'AAPL';
// Nothing grows old meanwhile, on either side.
const variables = { QUOTE_TTL_SECONDS: '3600' };
const connections = 64;
const patienceMs = 60_000;

/** Reads of one quote of which there is a copy, as fast as they are answered. */
export const cachedQuote: Measure = {
  ids: ['cached-quote'],
  async run(bench) {
    const ours: number[] = [];
    const rates = { bare: new Array<number>(), sync: new Array<number>(), async: new Array<number>() };
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(`cached-quote: round ${round + 1} of ${bench.effort.rounds}`);
      const { rate, body } = await withProduct(bench, { variables }, (side) => readOf(bench, side));
      ours.push(rate);
      rates.bare.push(await bareRate(bench, body));
      for (const kind of ['sync', 'async'] as const) {
        const shape = { isAsync: kind === 'async', driver: 'mysqldb', processes: 1 } as const;
        const read = await withPeer(bench, shape, (side) => readOf(bench, side), variables);
        if (read) rates[kind].push(read.rate);
      }
    }
    const beside = (peer: readonly number[]) => ({ ours, peer });
    const { bare, sync, async } = rates;
    return {
      goals: { 'cached-quote': { bare: beside(bare), sync: beside(sync), async: beside(async) } },
      rounds: [{ row: 'cached-quote', ours, ...rates }],
    };
  },
};

async function readOf(bench: Bench, side: Side): Promise<Readonly<{ rate: number; body: string }>> {
  const [url = ''] = side.urls;
  const ask = side.quote(symbol);
  const body = await firstCopy(`${url}${ask.path}`);
  return { rate: await rateOf(bench, side.name, url, ask), body };
}

/** Until there is a copy; the first reader may be told to come again. */
async function firstCopy(url: string): Promise<string> {
  const latest = performance.now() + patienceMs;
  while (performance.now() < latest) {
    const answer = await fetch(url);
    const body = await answer.text();
    if (answer.status === 200) return body;
    await sleep(100);
  }
  throw new Error(`${url} does not answer 200`);
}

async function bareRate(bench: Bench, body: string): Promise<number> {
  const port = await freePort();
  const log = join(bench.servers.BENCH_FOLDER, 'bare.log');
  const script = join(import.meta.dirname, '..', 'bare.ts');
  const server = startMeasured(process.execPath, [script, String(port), body], { env: {}, cwd: '.', log });
  try {
    const url = `http://127.0.0.1:${port}`;
    await answering(url, server, log);
    return await rateOf(bench, 'node:http', url, { method: 'GET', path: '/', headers: {}, keyed: 0 });
  } finally {
    await server.stop();
  }
}

async function rateOf({ effort, say }: Bench, name: string, url: string, ask: Ask): Promise<number> {
  await makeLoad({ urls: [url], ask, connections, seconds: effort.warmSeconds });
  const { good, answers, beganAt, endedAt } = await makeLoad({
    urls: [url],
    ask,
    connections,
    seconds: effort.seconds,
  });
  if (Object.keys(answers).join() !== '200') throw new Miscounted(`${name} answered ${JSON.stringify(answers)}`);
  const rate = good / ((endedAt - beganAt) / 1_000);
  say(`  ${name}: ${rate.toFixed(0)} requests/s`);
  return rate;
}
