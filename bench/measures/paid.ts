import { type Bench, type Measure, withPeer, withProduct } from '../bench.ts';
import { median } from '../goals.ts';
import { peerName, peerShapes, type PeerShape } from '../sides/peer.ts';
import { type PaidRound, paidRound } from './paid-round.ts';

/** How many shapes of the peer go on after the first round, in which all are tried. */
const finalists = 2;

/** Orders placed over 128 connections as fast as they are accepted, until every one is paid. */
export const paid: Measure = {
  ids: ['paid-rate', 'commits-per-order', 'cpu-per-order'],
  async run(bench) {
    const ours: PaidRound[] = [];
    const theirs: PaidRound[] = [];
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(`paid-rate: round ${round + 1} of ${bench.effort.rounds}`);
      const shapes = round === 0 ? peerShapes : bestShapes(theirs).slice(0, finalists);
      ours.push(await withProduct(bench, {}, (side) => paidRound(bench, side)));
      theirs.push(...(await peerRounds(bench, shapes)));
    }
    const best = theirs.filter(({ side }) => side === bestName(theirs));
    const of = (pick: (round: PaidRound) => number, peer = best) => ({ ours: ours.map(pick), peer: peer.map(pick) });
    return {
      goals: {
        'paid-rate': { rate: of(({ paidPerSecond }) => paidPerSecond) },
        'commits-per-order': { commits: of(({ commits }) => commits), statements: of(({ statements }) => statements) },
        'cpu-per-order': { ms: of(({ cpuMs }) => cpuMs.all, leanest(theirs)) },
      },
      rounds: [...ours, ...theirs],
    };
  },
};

async function peerRounds(bench: Bench, shapes: readonly PeerShape[]): Promise<PaidRound[]> {
  const rounds = [];
  for (const shape of shapes) rounds.push(await withPeer(bench, shape, (side) => paidRound(bench, side)));
  return rounds.filter((round) => round !== undefined);
}

/** The fastest first, by the median of what is measured so far. */
function bestShapes(rounds: readonly PaidRound[]): readonly PeerShape[] {
  const rateOf = (shape: PeerShape) =>
    median(rounds.filter(({ side }) => side === peerName(shape)).map(({ paidPerSecond }) => paidPerSecond));
  return [...peerShapes].sort((a, b) => rateOf(b) - rateOf(a));
}

function bestName(rounds: readonly PaidRound[]): string | undefined {
  const [best] = bestShapes(inFinal(rounds));
  return best && peerName(best);
}

/** Of those that were in every round, the one that takes least CPU. */
function leanest(rounds: readonly PaidRound[]): PaidRound[] {
  const names = [...new Set(inFinal(rounds).map(({ side }) => side))];
  const sets = names.map((name) => rounds.filter(({ side }) => side === name));
  const costOf = (set: readonly PaidRound[]) => median(set.map(({ cpuMs }) => cpuMs.all));
  return sets.sort((a, b) => costOf(a) - costOf(b))[0] ?? [];
}

function inFinal(rounds: readonly PaidRound[]): readonly PaidRound[] {
  const countOf = (name: string) => rounds.filter(({ side }) => side === name).length;
  const longest = Math.max(0, ...rounds.map(({ side }) => countOf(side)));
  return rounds.filter(({ side }) => countOf(side) === longest);
}
