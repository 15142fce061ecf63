/** A trade of the sandbox's market, with the connection that it was for. */
export interface LoggedTrade {
  readonly connection: number;
  readonly s: string;
  readonly p: number;
  readonly v: number;
  /** UNIX milliseconds. */
  readonly t: number;
  /** False: it was kept back by a fault. */
  readonly sent: boolean;
}

/** A connection, from its first byte to its last. `closed_at_ms` is null while it lasts. */
export interface Connection {
  readonly id: number;
  readonly key: string;
  readonly opened_at_ms: number;
  closed_at_ms: number | null;
  why: string | null;
}

/** What checkers go by: every connection, and every trade that somebody was subscribed to. */
export interface TradeLog {
  open(key: string): Connection;
  close(connection: Connection, why: string): void;
  trade(trade: LoggedTrade): void;
  connections(): readonly Connection[];
  trades(): readonly LoggedTrade[];
}

const mostTrades = 500_000;
const mostConnections = 10_000;

/** Opens an empty log; the oldest rows leave when it is full. */
export function createTradeLog(): TradeLog {
  const connections: Connection[] = [];
  const trades: LoggedTrade[] = [];
  let opened = 0;
  const nowMs = () => performance.timeOrigin + performance.now();
  return {
    open(key) {
      opened += 1;
      const connection = { id: opened, key, opened_at_ms: nowMs(), closed_at_ms: null, why: null };
      connections.push(connection);
      if (connections.length > mostConnections) connections.shift();
      return connection;
    },
    close(connection, why) {
      if (connection.closed_at_ms === null) Object.assign(connection, { closed_at_ms: nowMs(), why });
    },
    trade(trade) {
      trades.push(trade);
      // Trimmed in large steps: removing one row at a time from the front would move all the others.
      if (trades.length > mostTrades * 1.25) trades.splice(0, trades.length - mostTrades);
    },
    connections: () => connections,
    trades: () => trades.slice(-mostTrades),
  };
}
