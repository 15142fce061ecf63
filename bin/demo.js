import { parseArgs } from 'node:util';
import { CannotStart } from './tools/cannot-start.js';
import { DemoApi } from './tools/demo-api.js';
import { readEnvironment } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { readRunFile } from './start/run-file.js';
import { onStop } from './tools/stop-signals.js';

// Drives a believable shop and market against a running `npm start`, so that the live page has something to show.
// npm run demo -- --seconds 60 --pace 30      (orders a minute; without --seconds until Ctrl-C)

const methods = ['pm_card_visa', 'pm_card_mastercard', undefined];
const declining = ['pm_card_chargeDeclined', 'pm_card_chargeDeclinedInsufficientFunds'];
const declinedShare = 0.15;
const marketPauseMs = 1_500;

const environment = readEnvironment();
const tally = { orders: 0, paid: 0, declined: 0, 'paid again': 0, 'market reads': 0, refused: 0 };
const stopping = new AbortController();

/** What the command line asks for. */
function readWishes() {
  const options = { seconds: { type: 'string' }, pace: { type: 'string', default: '30' } };
  const { values } = parseArgs({ options });
  const [seconds, pace] = [Number(values.seconds ?? Number.POSITIVE_INFINITY), Number(values.pace)];
  if (!(seconds > 0) || !(pace > 0) || pace > 6_000)
    throw new CannotStart(
      '--seconds must be a number above 0, --pace a number of orders a minute above 0, at most 6000',
    );
  return { seconds, pace };
}

/** Orders one after the other, at random moments that make the wished pace on average. */
async function shop(api, pace, canDecline) {
  const products = await api.products();
  while (!stopping.signal.aborted) {
    await pause(-Math.log(1 - Math.random()) * (60_000 / pace));
    if (stopping.signal.aborted) return;
    const isDeclined = canDecline && Math.random() < declinedShare;
    const method = canDecline ? pick(isDeclined ? declining : methods) : undefined;
    const items = sample(products, 1 + Math.floor(Math.random() * 3)).map(({ id }) => ({
      product_id: id,
      quantity: 1 + Math.floor(Math.random() ** 3 * 3),
    }));
    const order = await api.post('/orders', { items, ...(method && { payment_method: method }) });
    count(order ? 'orders' : 'refused');
  }
}

/** Looks at prices as visitors do: mostly the same few, now and then the whole list. */
async function readMarket(api, symbols) {
  while (!stopping.signal.aborted) {
    const symbol = symbols[Math.floor(Math.random() ** 2 * symbols.length)];
    const path = symbol.includes(':') ? '/market/crypto' : '/market/quote';
    const isRead = await api.get(
      Math.random() < 0.2
        ? `/market/quotes?symbols=${symbols.map(encodeURIComponent).join()}`
        : `${path}?symbol=${encodeURIComponent(symbol)}`,
    );
    count(isRead ? 'market reads' : 'refused');
    await pause(marketPauseMs * (0.5 + Math.random()));
  }
}

/** Counts what becomes of the orders; of those that were declined, every other one is paid with another card. */
async function watchOrders(api) {
  await api.follow('/streams/orders', stopping.signal, async (type, { subject }) => {
    if (type === 'order.paid') count('paid');
    if (type !== 'order.payment_failed') return;
    count('declined');
    if (Math.random() < 0.5) return;
    await pause(1_000);
    if (await api.post(`/orders/${subject}/pay`, { payment_method: 'pm_card_visa' })) count('paid again');
  });
}

function count(what) {
  tally[what] += 1;
}

function progress() {
  return Object.entries(tally)
    .map(([what, number]) => `${number} ${what}`)
    .join(' · ');
}

function pick(some) {
  return some[Math.floor(Math.random() * some.length)];
}

function sample(some, number) {
  return some.toSorted(() => Math.random() - 0.5).slice(0, number);
}

/** Waits, but not past the end. */
function pause(ms) {
  return new Promise((resolve) => {
    if (stopping.signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    stopping.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Says how it goes: on a terminal on one line that changes, elsewhere a line every five seconds. */
function tell() {
  const isTerminal = process.stdout.isTTY && !environment.isPlain;
  const say = () => process.stdout.write(isTerminal ? `\r\x1b[2K${progress()}` : `${progress()}\n`);
  const timer = setInterval(say, isTerminal ? 250 : 5_000);
  return () => {
    clearInterval(timer);
    process.stdout.write(`${isTerminal ? '\r\x1b[2K' : ''}Demo ended: ${progress()}\n`);
  };
}

async function main() {
  const { seconds, pace } = readWishes();
  const run = readRunFile(environment.dataDirectory);
  const api = run && new DemoApi(run.api);
  if (!api || !(await api.isThere()))
    throw new CannotStart(
      `Nothing runs in ${environment.dataDirectory}. Start the platform first, in another terminal: npm start`,
    );
  await api.logIn();
  onStop(environment, () => stopping.abort());
  process.stdout.write(`Shopping at ${run.api}, about ${pace} orders a minute. Watch it there; Ctrl-C ends it.\n`);
  if (Number.isFinite(seconds)) setTimeout(() => stopping.abort(), seconds * 1_000).unref();
  const done = tell();
  await Promise.all([
    shop(api, pace, run.sandbox?.stripe !== undefined),
    readMarket(api, ['AAPL', 'MSFT', 'NVDA', 'BINANCE:BTCUSDT', 'TSLA', 'AMZN', 'GOOGL', 'META']),
    watchOrders(api),
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
