import { defineStream } from './define-event.ts';

/**
 * Market data as they are stored; each kind declares its own event. The subject of each is the canonical symbol, of rates
 * their base.
 */
export const market = defineStream({
  name: 'market',
  summary: 'Market data, in order per symbol.',
  maxLength: 100_000,
  // Prices have tables of their own; the log would be nothing but these.
  loggedDays: 7,
});
