import type { Orderflow } from '../src/orderflow.ts';
import { assume } from '../src/trust.ts';
import { type Command, exits, Misuse, onlyWord } from './command.ts';

const quote: Command = {
  name: 'quote',
  takes: 'SYMBOL',
  summary: 'The price of a share, or of a coin as in `quote BINANCE:BTCUSDT`.',
  options: { crypto: { summary: 'it is a coin, as BTC is' } },
  async run(call) {
    const { orderflow, is, print, signal } = call;
    const symbol = onlyWord(call, 'symbol');
    const isCoin = is('crypto') || symbol.includes(':');
    const price = await (isCoin ? orderflow.readCrypto : orderflow.readQuote)({ symbol }, { signal });
    const change = price.dp === null ? '' : `  ${price.dp < 0 ? '' : '+'}${price.dp.toFixed(2)} %`;
    print(price, `${price.symbol}  ${price.c}${change}  as of ${price.as_of}${price.stale ? ', stale' : ''}`);
    return exits.done;
  },
};

const tail: Command = {
  name: 'tail',
  takes: 'orders|market|alerts',
  summary: 'Prints the events of a stream as they come, until Ctrl-C.',
  options: {
    after: { value: 'POSITION', summary: 'what came after this `position`; default: from now on' },
    all: { summary: 'of orders: everybody’s; for administrators' },
    symbols: { value: 'A,B', summary: 'of market: these symbols alone' },
    types: { value: 'A,B', summary: 'these types alone, such as quote.updated' },
  },
  async run(call) {
    const { orderflow, text, is, print, signal } = call;
    const stream = onlyWord(call, 'stream: orders, market or alerts');
    const following = { after: text('after'), signal };
    const types = listOf(text('types'));
    const streams = {
      orders: () => orderflow.followOrders({ ...following, all: is('all') }),
      // The API knows which there are, and tells trades to who asks for them alone.
      market: () => orderflow.followMarket({ ...following, symbols: listOf(text('symbols')), types: typesOf(types) }),
      alerts: () => orderflow.followAlerts(following),
    };
    if (stream !== 'orders' && stream !== 'market' && stream !== 'alerts')
      throw new Misuse(`There is no stream '${stream}' to follow.`);
    const events = streams[stream]();
    for await (const news of events) {
      if (news.type === 'gap') print(news, `gap: ${news.reason}`);
      else if (types.length === 0 || types.includes(news.type))
        print(news, `${news.time}  ${news.type}  ${news.subject}  ${JSON.stringify(news.data)}`);
    }
    return exits.done;
  },
};

/** The commands that read the market, and follow what happens. */
export const streamCommands = [quote, tail];

type MarketTypes = NonNullable<NonNullable<Parameters<Orderflow['followMarket']>[0]>['types']>;

/** Whatever somebody has typed: what is none of them is refused. */
function typesOf(types: unknown): MarketTypes {
  assume<MarketTypes>(types);
  return types;
}

function listOf(text = ''): string[] {
  return text.split(',').filter(Boolean);
}
