import { WebSocketServer } from 'ws';
import type { Faults } from '../../faults.ts';
import { apiKey, type Upgrade } from '../../upstream.ts';
import type { FinnhubParts } from '../finnhub.ts';
import { openFeed, type Feed } from './feed.ts';
import { createTradeLog, type TradeLog } from './trade-log.ts';

/** The provider's socket of trades, and what it has done. */
export interface TradeSocket {
  readonly onUpgrade: Upgrade;
  readonly log: TradeLog;
  /** Cuts every connection, as a network does, with what is on its way; says how many there were. */
  readonly cut: () => number;
}

/**
 * Opens the socket: one connection a key (a second one ends both), so many symbols, trades as they are made, a ping in JSON once a
 * minute, and pings of the protocol, whose answer has to come before the next.
 */
export function openTradeSocket(parts: FinnhubParts, mostSymbols: number): TradeSocket {
  const { faults } = parts;
  const server = new WebSocketServer({ noServer: true, autoPong: false, maxPayload: 10_000 });
  const log = createTradeLog();
  const feeds = new Map<string, Feed>();
  return {
    log,
    cut() {
      const open = [...feeds.values()];
      for (const feed of open) feed.cut('cut');
      return open.length;
    },
    onUpgrade(request, socket, head) {
      const key = apiKey(request, new URL(request.url ?? '/', 'http://sandbox'));
      socket.on('error', () => {});
      const refusal = refusalOf(key, faults);
      if (refusal !== undefined || key === null) {
        socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      server.handleUpgrade(request, socket, head, (ws) => {
        const connection = log.open(key);
        const feed = openFeed(ws, { ...parts, log, connection, mostSymbols });
        const other = feeds.get(key);
        feeds.set(key, feed);
        ws.on('close', () => {
          if (feeds.get(key) === feed) feeds.delete(key);
        });
        if (!other) return;
        other.end('a second connection');
        feed.end('a second connection');
      });
    },
  };
}

function refusalOf(key: string | null, faults: Faults): string | undefined {
  if (key === null || key.startsWith('invalid')) return '401 Unauthorized';
  return faults.strikes('finnhub', 'socket_refuse') ? '502 Bad Gateway' : undefined;
}
