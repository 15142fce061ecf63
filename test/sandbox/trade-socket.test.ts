import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { until } from '../support/processes/process.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

const Frame = z.looseObject({ type: z.string(), msg: z.string().optional(), data: z.array(z.unknown()).optional() });
const recorded = z
  .object({ serverSends: z.array(z.object({ frame: Frame })) })
  .parse(JSON.parse(readFileSync(new URL('../recorded/finnhub/websocket-frames.json', import.meta.url), 'utf8')));
const RecordedTrade = z.strictObject({
  c: z.array(z.string()).nullable().optional(),
  p: z.number(),
  s: z.string(),
  t: z.int().gt(1e12),
  v: z.number(),
});
const Trades = z.object({ data: z.array(RecordedTrade) });

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ env: { FINNHUB_WS_SYMBOLS: '2' } });
});
const open: WebSocket[] = [];
afterEach(async () => {
  await sandbox.clearFaults();
  for (const ws of open.splice(0)) ws.terminate();
});
afterAll(() => sandbox.stop());

async function connect(key: string, ...symbols: string[]) {
  const ws = new WebSocket(`${new URL('/', sandbox.urls.finnhub).href.replace('http', 'ws')}?token=${key}`);
  open.push(ws);
  const texts: string[] = [];
  ws.on('message', (data: Buffer) => texts.push(data.toString()));
  const closed = new Promise<true>((resolve) => ws.once('close', () => resolve(true)));
  await once(ws, 'open');
  for (const symbol of symbols) ws.send(JSON.stringify({ type: 'subscribe', symbol }));
  return { ws, texts, closed };
}
const trades = (texts: readonly string[]) =>
  texts.flatMap((text) => (text.startsWith('{"data":[') ? Trades.parse(JSON.parse(text)).data : []));

test('it sends what Finnhub was recorded to send, of the symbols asked for, and logs every trade', async () => {
  for (const { frame } of recorded.serverSends)
    if (frame.type === 'trade') z.array(RecordedTrade).min(1).parse(frame.data);
  const { texts, ws, closed } = await connect('one', 'AAPL', 'BINANCE:BTCUSDT', 'MSFT');
  const got = await until('trades of both', () => {
    const found = trades(texts);
    return new Set(found.map(({ s }) => s)).size === 2 ? found : undefined;
  });
  expect(new Set(got.map(({ s }) => s))).toEqual(new Set(['AAPL', 'BINANCE:BTCUSDT']));
  expect(texts.filter((text) => text.includes('error')).map((text) => Frame.parse(JSON.parse(text)))).toEqual([
    { msg: 'Subscribing to too many symbols', type: 'error' },
  ]);
  ws.terminate();
  await closed;
  const keyOf = ({ s, p, v, t }: Readonly<{ s: string; p: number; v: number; t: number }>) => `${s} ${p} ${v} ${t}`;
  const logged = new Set((await sandbox.trades()).map(keyOf));
  expect(trades(texts).filter((trade) => !logged.has(keyOf(trade)))).toEqual([]);
  const [connection] = await until('the end is logged', async () => {
    const all = await sandbox.sockets();
    return all.every(({ closed_at_ms: at }) => at !== null) ? all : undefined;
  });
  expect(connection).toMatchObject({ id: 1, key: 'one', why: 'by the client' });
});

test('a second connection of a key ends both, and no key or a wrong one gets none', async () => {
  const first = await connect('two');
  const second = await connect('two');
  expect(await Promise.all([first.closed, second.closed])).toEqual([true, true]);
  for (const key of ['', 'invalid-key']) await expect(connect(key)).rejects.toThrow('Unexpected server response: 401');
  await sandbox.fault({ target: 'finnhub', kind: 'socket_refuse' });
  await expect(connect('two')).rejects.toThrow('Unexpected server response: 502');
});

test('whoever answers no ping is cut off, and so is everybody by the switch', async () => {
  const frozen = await connect('frozen');
  frozen.ws.pause();
  const mine = async () => (await sandbox.sockets()).findLast(({ key }) => key === 'frozen');
  await until('it is given up', async () => (await mine())?.closed_at_ms ?? undefined);
  expect((await mine())?.why).toBe('no answer to a ping');
  const { closed } = await connect('cut');
  expect(await sandbox.cutSockets()).toBe(1);
  expect(await closed).toBe(true);
});

test('faults drop, silence, repeat, disorder and misshape frames', async () => {
  const fault = (kind: string, times?: number) =>
    sandbox.fault({ target: 'finnhub', kind, ...(times === undefined ? {} : { times }) });
  await fault('socket_duplicate');
  const one = await connect('faults', 'AAPL');
  await until('a frame twice', () =>
    one.texts.some((text, place) => text.includes('trade') && one.texts[place + 1] === text) ? true : undefined,
  );
  await sandbox.clearFaults();
  await fault('socket_disorder');
  await until('an older one after a younger', () => {
    const times = trades(one.texts).map(({ t }) => t);
    return times.some((t, place) => (times[place + 1] ?? t) < t - 200) ? true : undefined;
  });
  await sandbox.clearFaults();
  await fault('socket_odd');
  await until('odd ones', () => (one.texts.includes('no JSON') && one.texts.includes('') ? true : undefined));
  await sandbox.clearFaults();

  const heldBack = async () => (await sandbox.trades()).filter(({ sent }) => !sent).length;
  await fault('socket_quiet');
  const pong = once(one.ws, 'pong');
  await until('trades are kept back', async () => ((await heldBack()) > 0 ? true : undefined));
  one.ws.ping();
  await pong;
  await sandbox.clearFaults();
  await fault('socket_silence');
  const before = await heldBack();
  await until('it has become silent', async () => ((await heldBack()) > before ? true : undefined));
  const [length, unanswered] = [one.texts.length, once(one.ws, 'pong')];
  one.ws.ping();
  await sandbox.clearFaults();
  const another = await heldBack();
  await until('it stays so', async () => ((await heldBack()) > another ? true : undefined));
  expect(one.texts).toHaveLength(length);
  expect(await Promise.race([unanswered, Promise.resolve('none')])).toBe('none');

  await fault('socket_drop', 1);
  expect(await one.closed).toBe(true);
  expect((await sandbox.sockets()).findLast(({ key }) => key === 'faults')?.why).toBe('drop');
});
