import { createHash } from 'node:crypto';

/** A symbol and how often it is polled. */
export type Paced = Readonly<{ symbol: string; everySeconds: number }>;

/**
 * How long after each multiple of the cadence since 1970 a slot of this symbol begins, ms. It follows from the name, so
 * that every process knows it, and that symbols of one cadence do not all come at once.
 */
export function slotOffsetMs({ symbol, everySeconds }: Paced): number {
  // Never zero: BullMQ takes that for no offset at all, and would begin a slot at any moment.
  return 1 + (createHash('sha256').update(symbol).digest().readUInt32BE() % (everySeconds * 1_000 - 1));
}

/** When the slot began in which the moment lies, UNIX milliseconds. */
export function slotBegan(paced: Paced, nowMs: number): number {
  const [everyMs, offsetMs] = [paced.everySeconds * 1_000, slotOffsetMs(paced)];
  return Math.floor((nowMs - offsetMs) / everyMs) * everyMs + offsetMs;
}

/** When a symbol is polled next, UNIX milliseconds: at its next slot, or the first after `restsUntilMs`. */
export function nextPoll(paced: Paced, nowMs: number, restsUntilMs = 0): number {
  const everyMs = paced.everySeconds * 1_000;
  const next = slotBegan(paced, nowMs) + everyMs;
  return next + Math.max(0, Math.ceil((restsUntilMs - next) / everyMs)) * everyMs;
}
