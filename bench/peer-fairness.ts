import { existsSync } from 'node:fs';
import type { Bench } from './bench.ts';
import { median } from './goals.ts';
import { paidRound } from './measures/paid-round.ts';
import { type PeerFolder, peerName, peerShapes, startPeer } from './sides/peer.ts';

/** Our peer must not be slower than this share of another's work from the same description. */
const least = 0.95;

/**
 * Whether the peer that the product is compared with is a fair one: it is run in turn with another implementation of the same, whose
 * programs are `app.py`, `app_async.py` and `payment_consumer.py`. Undefined where that or Python is missing.
 */
export async function comparePeers(bench: Bench, folder: string): Promise<boolean | undefined> {
  const { python, servers, stores, upstream, effort, say } = bench;
  if (!python || !existsSync(folder)) {
    say('the peer beside another: not run');
    return undefined;
  }
  const other: PeerFolder = { folder, sync: 'app:app', async: 'app_async:app', payments: 'payment_consumer.py' };
  const rate = async (shape: (typeof peerShapes)[number], programs?: PeerFolder) => {
    const side = await startPeer(servers, stores, {
      python,
      upstream: upstream.url,
      shape,
      ...(programs && { programs }),
    });
    try {
      return (await paidRound(bench, side)).paidPerSecond;
    } finally {
      await side.stop();
    }
  };
  const bests = { ours: 0, theirs: 0 };
  for (const shape of peerShapes) {
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < effort.rounds; round += 1) {
      theirs.push(await rate(shape, other));
      ours.push(await rate(shape));
    }
    say(`${peerName(shape)}: ${median(ours).toFixed(0)} paid/s, the other ${median(theirs).toFixed(0)}`);
    bests.ours = Math.max(bests.ours, median(ours));
    bests.theirs = Math.max(bests.theirs, median(theirs));
  }
  const ratio = bests.ours / bests.theirs;
  say(`the peer beside another: ${ratio.toFixed(2)} ×, should be at least ${least}`);
  return ratio >= least;
}
