import { z } from 'zod';

/** A name as the provider writes it, upper case: `AAPL`, `BRK.B`, `^GSPC`, `BINANCE:BTCUSDT`. */
export const Ticker = z
  .string()
  .toUpperCase()
  .regex(/^[A-Z0-9^][A-Z0-9.:_^-]{0,31}$/, {
    error: 'must be a symbol such as AAPL or BINANCE:BTCUSDT',
    abort: true,
  });
