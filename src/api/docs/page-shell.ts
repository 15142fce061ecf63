import { z } from '@hono/zod-openapi';
import { html } from 'hono/html';
import type { Cache } from '../../market/cache.ts';
import { quote } from '../../market/data/quote.market.ts';
import { copyName } from '../../market/market-data.ts';
import { PriceKeys } from '../../market/price.ts';
import { directionOf, formatPercent, formatPrice, shortName } from '../../market/price-words.ts';
import { within } from '../../process/deadline.ts';

/** A price as it is cached. */
const Quote = PriceKeys.extend({ symbol: z.string(), as_of: z.string(), source: z.string() });
type Quote = z.output<typeof Quote>;

// More than a screen holds; the page reads the others by itself.
const most = 20;
// Whoever opens the page waits for it.
const patienceMs = 300;

/** The cached prices of the first symbols: what the page would have to come back for. None while Redis is away. */
export async function quotesFor(cache: Cache, symbols: readonly string[]): Promise<readonly Quote[]> {
  const names = symbols.slice(0, most).map((symbol) => copyName(quote, { symbol }));
  if (names.length === 0) return [];
  const copies = await within(patienceMs, 'Redis', cache.readAll(names)).catch(() => []);
  return copies.flatMap((copy) => (copy ? (Quote.safeParse(JSON.parse(`${copy.body}}`)).data ?? []) : []));
}

type First = Readonly<{ symbol: string | undefined; quotes: readonly Quote[] }>;

/**
 * What stands in the live page until its script has come: its head, and at home the first price, which is the largest part of
 * that view. The script takes these very elements over, so they are named and nested as its own.
 */
export async function pageShell(first: First | undefined): Promise<string> {
  return String(
    await html`<a class="skip" href="#main">Skip to content</a>
<header class="masthead"><h1>Orderflow</h1><p class="live" data-state="waiting" role="status">Connecting</p>
<nav aria-label="Page"></nav><ul class="sources" aria-label="Sources"><li>Prices</li></ul></header>
<nav class="views" aria-label="Views"></nav>
${first ? home(first) : html`<main class="page" id="main"></main>`}`,
  );
}

function home({ symbol, quotes }: First) {
  if (symbol === undefined) return html`<main id="main"></main>`;
  const price = quotes.find((some) => some.symbol === symbol);
  return html`<main id="main"><section class="detail" aria-labelledby="symbol">
<h2 id="symbol"><a href="/app/market/${encodeURIComponent(symbol)}">${shortName(symbol)}</a></h2>
<p class="about"></p>
${price && figure(price)}
</section></main>`;
}

function figure(price: Quote) {
  const change = html`<span class="change" data-direction="${directionOf(price)}">${formatPercent(price.dp)}</span>`;
  return html`<p class="figure">${formatPrice(price.c)}${change}</p>`;
}
