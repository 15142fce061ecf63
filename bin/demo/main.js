import { anySeed } from './chance.js';
import { openCustomer } from './customer.js';
import { readMarket, shop, watchOrders } from './customers.js';
import { playOutages } from './outages.js';
import { scenarioOf } from './scenarios.js';
import { readRunFile } from '../start/run-file.js';
import { CannotStart } from '../tools/cannot-start.js';
import { readEnvironment } from '../tools/environment.js';
import { explain } from '../tools/explain.js';
import { readOptions } from '../tools/read-options.js';
import { onStop } from '../tools/stop-signals.js';

// Drives a believable shop and market against a running `npm start`, so that the live page has something to show.
// npm run demo -- --seconds 60 --pace 30      (orders a minute; without --seconds until Ctrl-C)
// npm run demo -- --scenario rush|decline|outage --seed 7      (the same seed orders the same)

const symbols = ['AAPL', 'MSFT', 'NVDA', 'BINANCE:BTCUSDT', 'TSLA', 'AMZN', 'GOOGL', 'META'];
const environment = readEnvironment();
const tally = { orders: 0, paid: 0, declined: 0, 'paid again': 0, 'market reads': 0, refused: 0 };
const stopping = new AbortController();
const isTerminal = process.stdout.isTTY && !environment.isPlain;

/** What the command line asks for. */
function readWishes() {
  const text = { type: 'string' };
  const options = {
    seconds: text,
    pace: { ...text, default: '30' },
    seed: text,
    scenario: { ...text, default: 'usual' },
  };
  const usage = 'npm run demo -- [--scenario rush|decline|outage] [--pace N] [--seconds N] [--seed N]';
  const values = readOptions(options, usage);
  const [seconds, pace] = [Number(values.seconds ?? Number.POSITIVE_INFINITY), Number(values.pace)];
  if (!(seconds > 0) || !(pace > 0) || pace > 6_000)
    throw new CannotStart(
      '--seconds must be a number above 0, --pace a number of orders a minute above 0, at most 6000',
    );
  const seed = Number(values.seed ?? anySeed());
  if (!Number.isSafeInteger(seed) || seed < 0) throw new CannotStart('--seed must be a whole number, 0 or more');
  return { seconds, pace, seed, scenarioName: values.scenario };
}

function count(what) {
  tally[what] += 1;
}

function progress() {
  return Object.entries(tally)
    .map(([what, number]) => `${number} ${what}`)
    .join(' · ');
}

/** Waits, but not past the end. */
function pause(ms) {
  return new Promise((resolve) => {
    if (stopping.signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    stopping.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Says something on a line of its own. */
function say(line) {
  process.stdout.write(`${isTerminal ? '\r\x1b[2K' : ''}${line}\n`);
}

/** Says how it goes: on a terminal on one line that changes, elsewhere a line every five seconds. */
function tell() {
  const timer = setInterval(
    () => (isTerminal ? process.stdout.write(`\r\x1b[2K${progress()}`) : say(progress())),
    isTerminal ? 250 : 5_000,
  );
  return () => {
    clearInterval(timer);
    say(`Demo ended: ${progress()}`);
  };
}

async function main() {
  const { seconds, pace, seed, scenarioName } = readWishes();
  const run = readRunFile(environment.dataDirectory);
  const nothing = `Nothing runs in ${environment.dataDirectory}. Start the platform first, in another terminal: npm start`;
  if (!run) throw new CannotStart(nothing);
  const scenario = scenarioOf(scenarioName, run);
  const customer = await openCustomer(run.api, nothing);
  onStop(environment, () => stopping.abort());
  say(`Shopping at ${run.api}, about ${pace} orders a minute, seed ${seed}. Watch it there; Ctrl-C ends it.`);
  if (Number.isFinite(seconds)) setTimeout(() => stopping.abort(), seconds * 1_000).unref();
  const done = tell();
  const hasTestCards = run.sandbox?.stripe !== undefined;
  const demo = { pace, seed, scenario, hasTestCards, signal: stopping.signal, pause, say, count };
  await Promise.all([
    shop(customer, demo),
    readMarket(customer, symbols, demo),
    watchOrders(customer, demo),
    ...(scenario.isOutage ? [playOutages(run.sandbox, demo)] : []),
  ]);
  done();
}

main().then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  },
);
