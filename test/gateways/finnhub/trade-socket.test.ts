import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Trade } from '../../../src/gateways/finnhub/trade-frame.ts';
import {
  openTradeSocket,
  type TradeSocket,
  type TradeSocketOptions,
} from '../../../src/gateways/finnhub/trade-socket.ts';
import { freePort, until } from '../../support/processes/process.ts';
import { type Sandbox, startSandbox } from '../../support/upstreams/sandbox-process.ts';

const key = 'secret-key-of-the-socket';
let sandbox: Sandbox;
let open: TradeSocket[] = [];
beforeAll(async () => {
  sandbox = await startSandbox({ env: { FINNHUB_WS_SYMBOLS: '2' } });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const socket of open) socket.end();
  await Promise.all(open.map(({ gone }) => gone));
  open = [];
  await sandbox.clearFaults();
});
afterAll(() => sandbox.stop());

function connect(patience: TradeSocketOptions['patience'] = {}, url = sandbox.urls.finnhub) {
  const trades: Trade[] = [];
  let refusals = 0;
  const socket = openTradeSocket({
    url: new URL('/', url).href.replace(/^http/, 'ws'),
    key,
    now: () => new Date(),
    tell: () => {},
    onTrades: (some) => trades.push(...some),
    onTooMany: () => (refusals += 1),
    patience: { probeEveryMs: 50, ...patience },
  });
  open.push(socket);
  return { socket, trades, refusals: () => refusals };
}

it('hears what it subscribes to, knows up to when, and is told of one symbol too many', async () => {
  const { socket, trades, refusals } = connect();
  const askedAtMs = Date.now();
  // Before it is open, and in this order.
  for (const symbol of ['AAPL', 'MSFT', 'NVDA']) socket.subscribe(symbol);
  await until('trades of both', () => (new Set(trades.map(({ symbol }) => symbol)).size === 2 ? true : undefined));
  expect(new Set(trades.map(({ symbol }) => symbol))).toEqual(new Set(['AAPL', 'MSFT']));
  expect(refusals()).toBe(1);
  await until('an answer', () => (socket.answeredAtMs() > askedAtMs ? true : undefined));
  expect(socket.heardAtMs()).toBeGreaterThanOrEqual(askedAtMs);
  socket.unsubscribe('AAPL');
  const unsubscribedAtMs = Date.now();
  await until('that is done', () => (socket.answeredAtMs() > unsubscribedAtMs ? true : undefined));
  trades.length = 0;
  await until('more trades', () => (trades.length > 5 ? true : undefined));
  expect(new Set(trades.map(({ symbol }) => symbol))).toEqual(new Set(['MSFT']));
});

it('ends a connection that answers nothing, and one that lives and says nothing', async () => {
  await sandbox.fault({ target: 'finnhub', kind: 'socket_silence' });
  const silent = connect({ answerMs: 500 });
  silent.socket.subscribe('AAPL');
  expect(await silent.socket.gone).toBe('no answer to a ping');
  await sandbox.clearFaults();
  await sandbox.fault({ target: 'finnhub', kind: 'socket_quiet' });
  const quiet = connect({ quietMs: 500 });
  quiet.socket.subscribe('AAPL');
  expect(await quiet.socket.gone).toBe('nothing was said for too long');
  // Both were ended here, not only given up: the provider would refuse a second one beside them.
  await until('the provider has seen it', async () =>
    (await sandbox.sockets()).every(({ closed_at_ms: at }) => at !== null) ? true : undefined,
  );
});

it('does not take its own standing still for the silence of the other', async () => {
  const { socket } = connect({ answerMs: 30_000, quietMs: 30_000 });
  await until('an answer', () => (socket.answeredAtMs() > 0 ? true : undefined));
  // To who stands still for a minute, its clock jumps.
  const clock = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => clock() + 60_000);
  const backAtMs = Date.now();
  const answer = until('an answer afterwards', () => (socket.answeredAtMs() >= backAtMs ? 'answered' : undefined));
  expect(await Promise.race([answer, socket.gone])).toBe('answered');
});

it('says why it is gone without the key: cut, refused, nobody there', async () => {
  const cut = connect();
  await until('it is open', async () => ((await sandbox.cutSockets()) > 0 ? true : undefined));
  const refused = (async () => {
    await cut.socket.gone;
    await sandbox.fault({ target: 'finnhub', kind: 'socket_refuse' });
    return connect().socket.gone;
  })();
  const nobody = connect({}, `http://127.0.0.1:${await freePort()}`).socket.gone;
  const reasons = await Promise.all([cut.socket.gone, refused, nobody]);
  expect(reasons).toEqual([expect.any(String), 'refused with 502', 'ECONNREFUSED']);
  expect(reasons.join()).not.toContain(key);
});
