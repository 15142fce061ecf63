import { writeFile } from 'node:fs/promises';
import { benchPages } from '../docs/generate/bench-pages.ts';
import type { Bench, Found, Measure } from './bench.ts';
import { acceptRate } from './measures/accept-rate.ts';
import { atRest } from './measures/at-rest.ts';
import { cachedQuote } from './measures/cached-quote.ts';
import { consolePage } from './measures/console.ts';
import { grow } from './measures/grow.ts';
import { heldSnapshot } from './measures/held-snapshot.ts';
import { herd } from './measures/herd.ts';
import { busyLatency, idleLatency } from './measures/latency.ts';
import { paid } from './measures/paid.ts';
import { sseFanout } from './measures/sse-fanout.ts';
import { start } from './measures/start.ts';
import { stripePath } from './measures/stripe-path.ts';
import { goalsOf, resultsFolder, tableOf, writeResults } from './results.ts';
import { openStores } from './servers.ts';
import { readServers } from './settings.ts';
import { comparePeers } from './peer-fairness.ts';
import { findPython } from './sides/peer.ts';
import { prepareProduct } from './sides/product.ts';
import { openUpstream } from './upstream.ts';
import { readWishes } from './wishes.ts';

// Measures the product beside its peer, on the servers that `npm run bench` has brought.

const measures: readonly Measure[] = [
  paid,
  acceptRate,
  cachedQuote,
  idleLatency,
  busyLatency,
  stripePath,
  herd,
  sseFanout,
  atRest,
  start,
  heldSnapshot,
  consolePage,
  grow,
];
const values = readWishes();
const servers = readServers(process.env);
const stores = await openStores(servers);
const upstream = await openUpstream();
const python = await findPython();
const say = (line: string) => void process.stdout.write(`${line}\n`);
const effort = {
  rounds: Number(values.rounds ?? (values.quick ? 2 : 5)),
  seconds: Number(values.seconds ?? (values.quick ? 3 : 8)),
  warmSeconds: values.quick ? 1 : 2,
  isQuick: values.quick,
};
const bench: Bench = { servers, stores, upstream, python: python?.program, effort, say };
if (!python) say('The peer is not run: no Python here has what it needs (docs/performance.md names the packages).');
await prepareProduct(servers, upstream.url);

if (values['peer-beside'] === undefined) await runMeasures();
else if ((await comparePeers(bench, values['peer-beside'])) === false) process.exitCode = 1;
upstream.close();
await stores.close();

function isWanted(ids: Measure['ids'], isOnlyByName: boolean): boolean {
  return values.only ? ids.some((id) => values.only?.includes(id)) : !isOnlyByName;
}

async function runMeasures(): Promise<void> {
  const found: Found[] = [];
  const versions = { ...(await stores.versions()), node: process.version, peer: python?.version ?? 'not run' };
  for (const measure of measures.filter(({ ids, isOnlyByName = false }) => isWanted(ids, isOnlyByName))) {
    try {
      found.push(await measure.run(bench));
    } catch (error) {
      // The other rows are none the worse; but the run is not whole.
      say(`! ${measure.ids.join(', ')}: ${String(error)}`);
      process.exitCode = 1;
    }
    await writeResults({ found, versions, effort }, values.results);
    // Beside them at once: whoever interrupts the run leaves no page that tells of another.
    if (values.results === resultsFolder) for (const [file, text] of benchPages()) await writeFile(file, text);
  }
  say(`\n${tableOf(goalsOf(found), versions)}`);
}
