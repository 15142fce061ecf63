import { type Bench, type Measure, withPeer, withProduct } from '../bench.ts';
import { median } from '../goals.ts';
import { makeLoad } from '../load/make-load.ts';
import { type PeerShape, peerName, peerShapes } from '../sides/peer.ts';
import type { Side } from '../sides/side.ts';
import { Miscounted } from './drain.ts';

const readers = 10_000;
const variables = { QUOTE_TTL_SECONDS: '3600' };

type Herd = Readonly<{
  side: string;
  symbol: string;
  calls: number;
  seconds: number;
  /** How many got the quote. */
  good: number;
  answers: Record<string, number>;
}>;

/** Everybody wants one quote of which there is no copy yet: how often the provider is asked, and how long it takes. */
export const herd: Measure = {
  ids: ['herd'],
  async run(bench) {
    const symbols = bench.effort.isQuick ? 5 : 20;
    bench.say(`herd: ${readers} readers of each of ${symbols} quotes, two API processes`);
    const ours = await withProduct(bench, { apis: 2, variables }, (side) => herdsOf(bench, side, symbols));
    for (const one of ours) expectServed(one, readers);
    const theirs: Herd[] = [];
    for (const shape of twoProcesses()) {
      // The peer makes thousands of calls a quote, so that a few quotes tell enough.
      const herds = await withPeer(
        bench,
        shape,
        (side) => herdsOf(bench, side, bench.effort.isQuick ? 1 : 3),
        variables,
      );
      theirs.push(...(herds ?? []));
    }
    // Whoever turns readers away is done sooner, and is no measure for who serves them all.
    const names = [...new Set(theirs.map(({ side }) => side))];
    const sets = names
      .map((name) => theirs.filter(({ side }) => side === name))
      .filter((set) => set.every(({ good }) => good === readers));
    const secondsOf = (set: readonly Herd[]) => set.map(({ seconds }) => seconds);
    const [best = []] = sets.sort((a, b) => median(secondsOf(a)) - median(secondsOf(b)));
    // What must be so for every quote is shown by the worst.
    const calls = [Math.max(...ours.map((one) => one.calls))];
    return {
      goals: { herd: { calls: { ours: calls }, seconds: { ours: secondsOf(ours), peer: secondsOf(best) } } },
      rounds: [{ row: 'herd', ours, theirs }],
    };
  },
};

function twoProcesses(): readonly PeerShape[] {
  const names = ['FastAPI sync mysqldb 2 + 2', 'FastAPI async aiomysql 2 + 2'];
  return peerShapes.filter((shape) => names.includes(peerName(shape)));
}

async function herdsOf(bench: Bench, side: Side, count: number): Promise<Herd[]> {
  const herds: Herd[] = [];
  for (let index = 0; index < count; index += 1) {
    const symbol = `H${side.urls[0]?.split(':').at(-1) ?? ''}.${index}`;
    const one = await herdOf(bench, side, symbol, readers);
    herds.push(one);
    bench.say(`  ${side.name}: ${one.good} of ${readers} after ${one.seconds.toFixed(2)} s, ${one.calls} calls`);
  }
  return herds;
}

/** So many readers of one quote at once, and what each of them was answered. */
export async function herdOf(
  { upstream }: Pick<Bench, 'upstream'>,
  side: Pick<Side, 'name' | 'urls' | 'quote'>,
  symbol: string,
  count: number,
): Promise<Herd> {
  const load = { connections: count, most: count, seconds: 600 };
  const report = await makeLoad({ urls: [...side.urls], ask: side.quote(symbol), ...load });
  const { answers, good, beganAt, endedAt } = report;
  const seconds = (endedAt - beganAt) / 1_000;
  return { side: side.name, symbol, calls: upstream.calls(symbol), seconds, good, answers };
}

/** @throws Miscounted unless everybody got the quote: to be told to come again takes less time. */
export function expectServed({ side, symbol, good, answers }: Herd, count: number): void {
  if (good !== count) throw new Miscounted(`${side}, ${symbol}: ${JSON.stringify({ readers: count, answers })}`);
}
