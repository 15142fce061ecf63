import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { createArrivals } from './arrivals.ts';
import { openClock } from './clock.ts';
import { openControl } from './control/control.ts';
import { stepPath } from './control/authentication.ts';
import { createFaults } from './faults.ts';
import { createProducts } from './feeds/products.ts';
import { createRates } from './feeds/rates.ts';
import { createFinnhub } from './finnhub/finnhub.ts';
import { openHours } from './finnhub/hours.ts';
import { openMarket } from './finnhub/market.ts';
import { openTradeSocket } from './finnhub/socket/trade-socket.ts';
import { createHolds } from './holds.ts';
import { createMailbox } from './mail/mailbox.ts';
import { openSmtp } from './mail/smtp.ts';
import { readSettings } from './settings.ts';
import { openStripe } from './stripe/stripe.ts';
import { createWebhooks } from './stripe/webhooks.ts';
import { openUpstream } from './upstream.ts';

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));

// Read first: a parent that dies while all this opens is missed otherwise.
const parent = process.ppid;
const settings = readSettings();
if (settings.endWithParent) setInterval(() => process.ppid === parent || process.exit(0), 500);

const { seed } = settings;
const clock = openClock(settings.clock);
const hours = openHours(settings.hours);
const arrivals = createArrivals();
const faults = createFaults(seed);
const holds = createHolds();
const mailbox = createMailbox();

const at = (port: number) => `http://127.0.0.1:${port}`;
const { webhook, webhookSecret } = settings;
const webhooks = webhook.length > 0 ? createWebhooks(webhook, webhookSecret, faults) : undefined;
const path = join(settings.data, 'stripe.jsonl');
const stripe = await openStripe({
  path,
  // Asked for only once something is charged, when all ports are known.
  stepOf: (intent) => `${at(control)}${stepPath(intent)}`,
  keepKeysMs: settings.keySeconds * 1000,
  perSecond: settings.stripePerSecond,
  refundMs: settings.refundSeconds * 1000,
  faults,
  webhooks,
});
const provided = { market: openMarket(seed, hours), hours, faults, clock, seed };
const finnhub = createFinnhub(settings, provided);
// Trades look at moments of their own, which must not set the quotes' clock back.
const socket = openTradeSocket({ ...provided, market: openMarket(seed, hours) }, settings.socketSymbols);

const ports = {
  finnhub: await openUpstream('finnhub', settings.finnhub, finnhub, arrivals, holds, socket.onUpgrade),
  stripe: await openUpstream('stripe', settings.stripe, stripe.answer, arrivals, holds),
  products: await openUpstream('products', settings.products, createProducts(faults), arrivals, holds),
  rates: await openUpstream('rates', settings.rates, createRates(faults, seed, clock), arrivals, holds),
  mail: await openSmtp(settings.mail, mailbox),
};
const { windowMs } = settings;
// A market of its own: whoever looks back must not set the other one's clock back.
const past = openMarket(seed, hours);
// Who is told of payments is who serves the page.
const page = webhook[0] === undefined ? undefined : new URL(webhook[0]).origin;
const control = await openControl(settings.control, {
  arrivals,
  faults,
  holds,
  mailbox,
  stripe,
  socket,
  past,
  windowMs,
  page,
});

const urls = {
  finnhub: `${at(ports.finnhub)}/api/v1`,
  stripe: at(ports.stripe),
  products: `${at(ports.products)}/products`,
  rates: `${at(ports.rates)}/eurofxref-daily.xml`,
  mail: `smtp://127.0.0.1:${ports.mail}`,
  control: at(control),
};
process.stdout.write(`${JSON.stringify(urls)}\n`);
// A sandbox that is killed would have compiled in vain.
flushCompileCache();
