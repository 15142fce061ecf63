import { CannotStart } from '../tools/cannot-start.js';
import { openChance } from './chance.js';

const methods = ['pm_card_visa', 'pm_card_mastercard', undefined];
const declining = ['pm_card_chargeDeclined', 'pm_card_chargeDeclinedInsufficientFunds'];
const marketPauseMs = 1_500;

/**
 * Orders one after the other, at random moments that make the wished pace on average. What is ordered, how it is paid and
 * when follows from the seed and from what is for sale.
 */
export async function shop({ ask }, { pace, seed, scenario, hasTestCards, signal, pause, count }) {
  const { draw, pick, sample } = openChance(seed, 'orders');
  const products = await forSale(ask);
  const startedMs = performance.now();
  while (!signal.aborted) {
    await pause(-Math.log(1 - draw()) * (60_000 / scenario.paceAt(pace, performance.now() - startedMs)));
    if (signal.aborted) return;
    const isDeclined = draw() < scenario.declinedShare;
    const method = pick(isDeclined ? declining : methods);
    const items = sample(products, 1 + Math.floor(draw() * 3)).map(({ id }) => ({
      product_id: id,
      quantity: 1 + Math.floor(draw() ** 3 * 3),
    }));
    const body = { items, ...(hasTestCards && method && { payment_method: method }) };
    const order = await ask('placeOrder', { body });
    count(order ? 'orders' : 'refused');
  }
}

/** Everything for sale that is at hand, once the shop has read its product feed. */
async function forSale(ask) {
  const limit = 100;
  const all = (await ask('listProducts', { limit, sync: true })) ?? (await ask('listProducts', { limit }));
  const { data } = all ?? { data: [] };
  const inStock = data.filter(({ stock, currency }) => (stock === null || stock > 5) && currency === 'USD');
  if (inStock.length === 0) throw new CannotStart('There is nothing for sale.');
  return inStock;
}

/** Looks at prices as visitors do: mostly the same few, now and then the whole list. */
export async function readMarket({ ask }, symbols, { seed, signal, pause, count }) {
  const { draw } = openChance(seed, 'market');
  while (!signal.aborted) {
    const symbol = symbols[Math.floor(draw() ** 2 * symbols.length)];
    const one = symbol.includes(':') ? 'readCrypto' : 'readQuote';
    const isRead = await (draw() < 0.2 ? ask('readQuotes', { symbols: symbols.join() }) : ask(one, { symbol }));
    count(isRead ? 'market reads' : 'refused');
    await pause(marketPauseMs * (0.5 + draw()));
  }
}

/** Counts what becomes of the orders; of those that were declined, every other one is paid with another card. */
export async function watchOrders({ ask, hearOrders }, { seed, signal, pause, count }) {
  const { draw } = openChance(seed, 'second tries');
  await hearOrders(signal, async ({ type, subject }) => {
    if (type === 'order.paid') count('paid');
    if (type !== 'order.payment_failed') return;
    count('declined');
    if (draw() < 0.5) return;
    await pause(1_000);
    const body = { payment_method: 'pm_card_visa' };
    if (await ask('payOrder', { id: subject, body })) count('paid again');
  });
}
