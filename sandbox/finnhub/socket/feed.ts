import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { FinnhubParts } from '../finnhub.ts';
import type { Connection, TradeLog } from './trade-log.ts';
import { everyMs, type Trade, tradesOf } from './trades.ts';

const pingEveryMs = 60_000;
// Whoever has answered neither of two by the next is gone, or stands still for longer than a crowded machine does.
const aliveEveryMs = 2_500;
const mostUnanswered = 2;
// Some frames are lost by a cut.
const cutMs = 600;

const Asked = z.object({ type: z.enum(['subscribe', 'unsubscribe']), symbol: z.string() });

/** One connection while it lasts. */
export interface Feed {
  /** Ends it at once. */
  end(why: string): void;
  /** Cuts it, as a network does: what is sent from now on is lost, and somewhat later it is over. */
  cut(why: string): void;
}

interface FeedParts extends FinnhubParts {
  readonly log: TradeLog;
  readonly connection: Connection;
  readonly mostSymbols: number;
}

/** Frames that nobody should send, and somebody does. */
const odd: readonly string[] = [
  'no JSON',
  '{"type":"trade"}',
  '{"type":"trade","data":null}',
  '{"type":"trade","data":[{"s":"AAPL"},{"s":1,"p":"x","t":null,"v":-1},null,7]}',
  '{"type":"trade","data":[{"s":"AAPL","p":0,"t":1,"v":1},{"s":"AAPL","p":1e300,"t":1e300,"v":1}]}',
  '{"type":"news","data":[]}',
  '{"type":"error","msg":"Something else"}',
  '[]',
  '',
];

/** Serves one connection until either side ends it. */
export function openFeed(ws: WebSocket, parts: FeedParts): Feed {
  const { log, connection, mostSymbols } = parts;
  const symbols = new Set<string>();
  let unanswered = 0;
  const end = (why: string) => {
    log.close(connection, why);
    ws.terminate();
  };
  const send = (frame: string) => {
    if (ws.readyState === ws.OPEN) ws.send(frame);
  };
  const voice = openVoice(send, parts);
  const cut = (why: string) => {
    if (voice.lose()) setTimeout(() => end(why), cutMs);
  };
  const trade = () => {
    if (symbols.size === 0) return;
    if (parts.faults.strikes('finnhub', 'socket_drop')) cut('drop');
    voice.say([...symbols].flatMap((symbol) => tradesOf(symbol, parts)));
  };
  const probe = () => {
    if (unanswered >= mostUnanswered) return end('no answer to a ping');
    unanswered += 1;
    ws.ping();
  };
  const timers = [
    setInterval(trade, everyMs),
    setInterval(() => !voice.isLost() && send('{"type":"ping"}'), pingEveryMs),
    setInterval(probe, aliveEveryMs),
  ];

  ws.on('pong', () => (unanswered = 0));
  ws.on('ping', (data) => !voice.isLost() && ws.pong(data));
  ws.on('error', () => {});
  ws.on('close', () => {
    timers.forEach(clearInterval);
    log.close(connection, 'by the client');
  });
  ws.on('message', (data: Buffer) => {
    const asked = Asked.safeParse(parse(data));
    if (!asked.success) return;
    const { type, symbol } = asked.data;
    if (type === 'unsubscribe') symbols.delete(symbol);
    else if (symbols.has(symbol) || symbols.size < mostSymbols) symbols.add(symbol);
    else send('{"msg":"Subscribing to too many symbols","type":"error"}');
  });
  return { end, cut };
}

/** Says trades on a connection, under the faults that are on, and logs each of them. */
function openVoice(send: (frame: string) => void, { log, connection, faults }: FeedParts) {
  const strikes = (kind: string) => faults.strikes('finnhub', kind) !== undefined;
  let late: string | undefined;
  let [isSilent, isLost] = [false, false];
  let oddities = 0;
  const sayFrame = (frame: string) => {
    if (late === undefined && strikes('socket_disorder')) {
      late = frame;
      return;
    }
    send(frame);
    if (strikes('socket_duplicate')) send(frame);
    // What was kept back comes after what is younger.
    if (late !== undefined) send(late);
    late = undefined;
  };
  return {
    /** Whether nothing gets through any more, pongs neither. */
    isLost: () => isSilent || isLost,
    /** From now on nothing does; false: that was so already. */
    lose() {
      const isNew = !isLost;
      isLost = true;
      return isNew;
    },
    say(data: readonly Trade[]) {
      isSilent ||= strikes('socket_silence');
      const isQuiet = isSilent || strikes('socket_quiet');
      for (const { s, p, v, t } of data) log.trade({ connection: connection.id, s, p, v, t, sent: !isQuiet });
      if (isQuiet || isLost) return;
      if (data.length > 0) sayFrame(JSON.stringify({ data, type: 'trade' }));
      if (strikes('socket_odd')) send(odd[(oddities += 1) % odd.length] ?? '');
    },
  };
}

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString());
  } catch {
    return undefined;
  }
}
