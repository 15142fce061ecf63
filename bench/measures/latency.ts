import { type Bench, type Measure, withPeer, withProduct } from '../bench.ts';
import { median } from '../goals.ts';
import { makeLoad } from '../load/make-load.ts';
import type { Report } from '../load/plan.ts';
import { type PeerShape, peerName, peerShapes } from '../sides/peer.ts';
import type { Side } from '../sides/side.ts';
import { drained, expectExact } from './drain.ts';
import { paidRound } from './paid-round.ts';

/** Orders a second of a shop that is not in a hurry. */
const idlePerSecond = 50;
/** The shapes that answer soonest, and those that answer most. */
const [single, double] = [1, 2].map((count) => peerShapes.filter(({ processes }) => processes === count));

/** From the request to the paid event on the stream, with next to nothing to do. */
export const idleLatency: Measure = {
  ids: ['idle-latency'],
  async run(bench) {
    const ours: Report[] = [];
    const theirs = new Map<string, Report[]>();
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(`idle-latency: round ${round + 1} of ${bench.effort.rounds}`);
      ours.push(await withProduct(bench, {}, (side) => openRound(bench, side, idlePerSecond)));
      for (const shape of single ?? []) {
        const report = await withPeer(bench, shape, (side) => openRound(bench, side, idlePerSecond));
        if (report) theirs.set(peerName(shape), [...(theirs.get(peerName(shape)) ?? []), report]);
      }
    }
    const figure = (name: 'p50' | 'p99') => {
      const of = (reports: readonly Report[]) => reports.map(({ paidMs }) => paidMs?.[name] ?? Number.NaN);
      const [best = []] = [...theirs.values()].map(of).sort((a, b) => median(a) - median(b));
      return { ours: of(ours), peer: best };
    };
    const rounds = [{ row: 'idle-latency', ours, peer: Object.fromEntries(theirs) }];
    return { goals: { 'idle-latency': { p50: figure('p50'), p99: figure('p99') } }, rounds };
  },
};

/** From the answer to the paid event: the peer at its own top rate, the product at three times that. */
export const busyLatency: Measure = {
  ids: ['busy-latency'],
  async run(bench) {
    const top = await topRate(bench);
    if (!top) return { goals: {}, rounds: [] };
    const [ours, peer]: [Report[], Report[]] = [[], []];
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(
        `busy-latency: round ${round + 1} of ${bench.effort.rounds}, the peer's top is ${top.rate.toFixed(0)}/s`,
      );
      ours.push(await withProduct(bench, {}, (side) => openRound(bench, side, top.rate * 3)));
      const report = await withPeer(bench, top.shape, (side) => openRound(bench, side, top.rate));
      if (report) peer.push(report);
    }
    const of = (reports: readonly Report[]) =>
      reports.map(({ acceptedToPaidMs }) => acceptedToPaidMs?.p99 ?? Number.NaN);
    return {
      goals: { 'busy-latency': { p99: { ours: of(ours), peer: of(peer) } } },
      rounds: [{ row: 'busy-latency', top, ours, peer }],
    };
  },
};

/** The most that the peer pays in a second, and in which shape. */
async function topRate(bench: Bench): Promise<Readonly<{ shape: PeerShape; rate: number }> | undefined> {
  const tops = [];
  for (const shape of double ?? []) {
    const round = await withPeer(bench, shape, (side) => paidRound(bench, side));
    if (round) tops.push({ shape, rate: round.paidPerSecond });
  }
  return tops.sort((a, b) => b.rate - a.rate)[0];
}

/** Orders at even distances, each followed until it is announced as paid. */
async function openRound({ servers, effort, say }: Bench, side: Side, perSecond: number): Promise<Report> {
  const { type, ...events } = side.paidEvents;
  const place = { host: servers.REDIS_HOST, port: servers.REDIS_PORT, ...events, ...(type && { type }) };
  const plan = { urls: [...side.urls], ask: side.order, connections: 128, perSecond, events: place };
  const load = async (seconds: number) => {
    const [before, { added }] = [await side.tally(), await side.entries()];
    const report = await makeLoad({ ...plan, seconds });
    await drained(side, added, report.good);
    expectExact(side, before, await side.tally(), report);
    return report;
  };
  await load(effort.warmSeconds);
  const report = await load(effort.seconds);
  const inMs = (name: string, ms = Number.NaN) => `${name} ${ms.toFixed(1)} ms`;
  const { paidMs, acceptedToPaidMs: late } = report;
  say(
    `  ${side.name}: ${inMs('p50', paidMs?.p50)}, ${inMs('p99', paidMs?.p99)}; since the answer ${inMs('p99', late?.p99)}`,
  );
  return report;
}
