import { defineEntity, p } from '@mikro-orm/mysql';
import { tickColumns } from './market-columns.ts';

/** The trades of a symbol within one second, as the socket told them: for two days, so that what is claimed can be checked. */
export const TickSecond = defineEntity({
  name: 'TickSecond',
  tableName: 'tick_seconds',
  properties: tickColumns(),
});

/** The trades of a symbol within one minute, as the socket told them: what bars are made of, beside observations. */
export const TickMinute = defineEntity({
  name: 'TickMinute',
  tableName: 'tick_minutes',
  properties: tickColumns(),
});

/** A time of which every trade of a symbol is stored, if its provider tells each within seconds. Between two of them is a hole. */
export const TickSpan = defineEntity({
  name: 'TickSpan',
  tableName: 'tick_spans',
  properties: {
    symbol: p.string().length(32).primary(),
    beganAt: p.datetime(3).primary(),
    endedAt: p.datetime(3),
    /** The fence of the lease under which it was written. */
    fence: p.bigint('number').unsigned(),
  },
});

/** Who may be connected to a socket that takes one connection a key. Whoever takes it over raises the fence; every write asks for it. */
export const SocketLease = defineEntity({
  name: 'SocketLease',
  tableName: 'socket_leases',
  properties: {
    /** The start of the SHA-256 of address and key. */
    name: p.string().length(32).primary(),
    fence: p.bigint('number').unsigned(),
    expiresAt: p.datetime(3),
  },
});
