import type { Order, Orderflow } from '../src/orderflow.ts';
import { type Call, type Command, exits, Misuse, onlyWord } from './command.ts';

const settled = {
  paid: true,
  partially_refunded: true,
  refunded: true,
  pending: false,
  payment_failed: false,
  cancelled: false,
};

const place: Command = {
  name: 'orders place',
  takes: 'PRODUCT[xQUANTITY] …',
  summary: 'Places an order, as in `orders place 1 2x3`.',
  options: {
    currency: { value: 'CODE', summary: 'what to pay in; default: the currency of the products' },
    method: { value: 'NAME', summary: 'the payment method, such as pm_card_visa' },
    total: { value: 'AMOUNT', summary: 'what it must cost; another price is refused' },
    intention: {
      value: 'NAME',
      summary: 'names what shall happen once: called again with it, no second order is placed',
    },
    watch: { summary: 'stay until it is paid or not' },
  },
  async run(call) {
    const { orderflow, words, text, is, print, signal } = call;
    if (words.length === 0) throw new Misuse('Name the products by their ids.');
    const total = text('total');
    if (total !== undefined && !/^\d+(\.\d+)?$/.test(total)) throw new Misuse('--total must be a number.');
    const body = {
      items: words.map(itemOf),
      currency: text('currency'),
      payment_method: text('method'),
      total_amount: total === undefined ? undefined : Number(total),
    };
    const order = await orderflow.placeOrder({ body }, { intention: text('intention'), signal });
    if (is('watch')) return watchOne(call, orderflow, order.id);
    print(order, lineOf(order));
    return exits.done;
  },
};

const show: Command = {
  name: 'orders show',
  takes: 'ID',
  summary: 'Shows an order, and what has happened to it.',
  options: {},
  async run(call) {
    const { orderflow, print, signal } = call;
    const id = onlyWord(call, 'order by its id');
    const order = await orderflow.readOrder({ id }, { signal });
    const story: string[] = [];
    const timeline: unknown[] = [];
    for await (const entry of orderflow.all('readOrderTimeline', { id }, { signal })) {
      timeline.push(entry);
      const { at, type, ...more } = entry;
      story.push(`  ${at}  ${type}  ${JSON.stringify(more)}`);
    }
    print({ ...order, timeline }, [lineOf(order), ...story].join('\n'));
    return exits.done;
  },
};

const watch: Command = {
  name: 'orders watch',
  takes: '[ID]',
  summary: 'Watches an order until it is paid (exit 0) or not (exit 1); without an id, all of one’s own until Ctrl-C.',
  options: { all: { summary: 'everybody’s orders; for administrators' } },
  async run(call) {
    const { orderflow, words, is, print, signal } = call;
    if (words.length > 0) return watchOne(call, orderflow, onlyWord(call, 'order by its id'));
    for await (const news of orderflow.followOrders({ all: is('all'), signal }))
      print(news, news.type === 'gap' ? `gap: ${news.reason}` : `${news.time}  ${news.type}  ${news.subject}`);
    return exits.done;
  },
};

/** The commands about orders. */
export const orderCommands = [place, show, watch];

async function watchOne({ is, print, signal }: Call, orderflow: Orderflow, id: string): Promise<number> {
  let isPaid = false;
  for await (const order of orderflow.watchOrder(id, { all: is('all'), signal })) {
    print(order, lineOf(order));
    isPaid = settled[order.status];
  }
  return isPaid ? exits.done : exits.refused;
}

function itemOf(word: string) {
  const [, id, quantity = '1'] = /^(\d+)(?:x(\d+))?$/.exec(word) ?? [];
  if (id === undefined) throw new Misuse(`'${word}' is no product; write its id, or as in 2x3 how many of it.`);
  return { product_id: Number(id), quantity: Number(quantity) };
}

// Of any currency.
const mostDecimals = 4;

function lineOf({ id, status, items, total_amount, currency, payment }: Order): string {
  // As it came: how many decimals people usually show of a currency is not how many it has.
  const total = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    maximumFractionDigits: mostDecimals,
  }).format(total_amount);
  const things = items.map(({ quantity, title }) => `${quantity} × ${title}`).join(', ');
  const why = payment?.failure_detail ? ` (${payment.failure_detail})` : '';
  return `${id}  ${status}${why}  ${total}  ${things}`;
}
