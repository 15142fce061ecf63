import { WebSocket } from 'ws';
import { openOwnClock } from '../../process/own-clock.ts';
import type { TellOdd } from '../http/lenient.ts';
import { readFrame, type Trade } from './trade-frame.ts';

/** Who is connected to what, and who hears of it. What is told is told in the order of the frames. */
export type TradeSocketOptions = Readonly<{
  url: string;
  key: string;
  now: () => Date;
  tell: TellOdd;
  /** A frame of trades; `frame` is its text, by which one that comes twice is known. */
  onTrades(trades: readonly Trade[], frame: string): void;
  /** The provider takes no more symbols. */
  onTooMany(): void;
  patience?: Partial<Patience>;
}>;

/**
 * How long it may take to connect; how often it is asked whether it is alive, and how long it may take to answer; and for how long it
 * may be alive and say nothing: the provider says something once a minute.
 */
type Patience = Readonly<{ openMs: number; probeEveryMs: number; answerMs: number; quietMs: number }>;
const usual: Patience = { openMs: 8_000, probeEveryMs: 1_000, answerMs: 10_000, quietMs: 150_000 };

/** A connection to the provider's socket of trades. It is never opened again: whoever wants another opens another. */
export type TradeSocket = Readonly<{
  subscribe(symbol: string): void;
  unsubscribe(symbol: string): void;
  /**
   * The last moment at which something was asked that has been answered: what was sent to us by then has come, and what we have asked
   * for by then is done. Zero before the first.
   */
  answeredAtMs(): number;
  /** When the last frame came; zero before the first. */
  heardAtMs(): number;
  /** Ends the connection at once. */
  end(): void;
  /** Resolves with the reason once the connection is gone. */
  gone: Promise<string>;
}>;

const mostFrameBytes = 1_000_000;

/** Connects. The key is part of the address, as the provider wants it: neither is in anything that is told. */
export function openTradeSocket(options: TradeSocketOptions): TradeSocket {
  const { now, tell, onTrades, onTooMany } = options;
  const patience = { ...usual, ...options.patience };
  const ws = connect(options, patience.openMs);
  const gone = Promise.withResolvers<string>();
  let why = 'closed by the provider';
  let heardAtMs = 0;
  const end = (reason: string) => {
    why = reason;
    ws.terminate();
  };
  const pulse = openPulse(ws, { patience, now, end });
  // What is asked for before the connection is open is said first.
  const early: string[] = [];
  const send = (type: 'subscribe' | 'unsubscribe', symbol: string) => {
    const frame = JSON.stringify({ type, symbol });
    if (ws.readyState === WebSocket.OPEN) ws.send(frame);
    else if (ws.readyState === WebSocket.CONNECTING) early.push(frame);
  };

  ws.on('open', () => {
    for (const frame of early) ws.send(frame);
    pulse.start();
  });
  ws.on('message', (data) => {
    pulse.hear();
    heardAtMs = now().getTime();
    const text = textOf(data);
    const frame = readFrame(text, heardAtMs, (what, cause) => tell('Finnhub trades', what, cause));
    if (frame.isTooMany) onTooMany();
    if (frame.trades.length > 0) onTrades(frame.trades, text);
  });
  ws.on('error', (error) => {
    why = reasonOf(error);
  });
  ws.on('close', () => {
    pulse.stop();
    gone.resolve(why);
  });
  return {
    subscribe: (symbol) => send('subscribe', symbol),
    unsubscribe: (symbol) => send('unsubscribe', symbol),
    answeredAtMs: pulse.answeredAtMs,
    heardAtMs: () => heardAtMs,
    end: () => end('no longer wanted'),
    gone: gone.promise,
  };
}

function connect({ url: address, key }: TradeSocketOptions, openMs: number): WebSocket {
  const url = new URL(address);
  url.searchParams.set('token', key);
  return new WebSocket(url, { handshakeTimeout: openMs, maxPayload: mostFrameBytes, perMessageDeflate: false });
}

type PulseParts = Readonly<{ patience: Patience; now: () => Date; end: (reason: string) => void }>;

/**
 * Asks again and again whether the other side lives, and ends what does not, or says nothing for too long. While this process stood still
 * it could hear nothing: that time is not the other's.
 */
function openPulse(ws: WebSocket, { patience, now, end }: PulseParts) {
  let [aliveAtMs, heardAtMs, answeredAtMs] = [0, 0, 0];
  const clock = openOwnClock();
  let probing: NodeJS.Timeout | undefined;
  const probe = () => {
    const atMs = clock.elapsedMs();
    if (atMs - aliveAtMs > patience.answerMs) return end('no answer to a ping');
    if (atMs - heardAtMs > patience.quietMs) return end('nothing was said for too long');
    return ws.ping(String(now().getTime()));
  };
  ws.on('pong', (data) => {
    aliveAtMs = clock.elapsedMs();
    answeredAtMs = Math.max(answeredAtMs, Number(data.toString()) || 0);
  });
  return {
    answeredAtMs: () => answeredAtMs,
    hear() {
      heardAtMs = clock.elapsedMs();
    },
    start() {
      aliveAtMs = heardAtMs = clock.elapsedMs();
      probe();
      probing = setInterval(probe, patience.probeEveryMs);
    },
    stop() {
      clearInterval(probing);
      clock.close();
    },
  };
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString();
}

// Messages of errors may hold the address, and with it the key.
function reasonOf(error: Error): string {
  const [, status] = /^Unexpected server response: (\d{3})$/.exec(error.message) ?? [];
  if (status !== undefined) return `refused with ${status}`;
  return 'code' in error && typeof error.code === 'string' ? error.code : 'the connection failed';
}
