import type { InferEntity } from '@mikro-orm/mysql';
import type { PriceAlert } from '../entities/alerts.entity.ts';

/** An alert as it is stored. */
export type AlertRow = InferEntity<typeof PriceAlert>;

/** What of an alert decides whether a price fires it. */
export type AlertState = Pick<AlertRow, 'kind' | 'threshold' | 'isOnce' | 'reference' | 'isArmed'> &
  Readonly<{ isOver: boolean }>;

/** What a price has done to an alert; `from` is the price that it had moved from. */
export type Judged = Readonly<{ state: AlertState; fires: boolean; from: number | null }>;

// Moves are compared to nine decimals of a percent: 110 for 100 is a move of ten, whatever floating point makes of it.
const percentDecimals = 9;
// More than any price that is stored.
const beyondPrices = 1e11;

/**
 * Judges one price. `above` and `below` fire when the price is beyond the threshold and was not before, the first price after
 * the alert was made included. `percent` fires when the price is at least so many percent away from the reference, on either
 * side, and counts from that price on; its first reference is the last price known when it was made, or the first judged.
 */
export function judge(state: AlertState, price: number): Judged {
  const { kind, threshold, isArmed, isOnce } = state;
  if (state.isOver) return { state, fires: false, from: null };
  const from = state.reference ?? null;
  if (kind === 'percent') {
    const fires = from !== null && Math.abs(moveIn(from, price)) >= threshold;
    const reference = from === null || fires ? price : from;
    return { state: { ...state, reference, isOver: fires && isOnce }, fires, from };
  }
  const isBeyond = kind === 'above' ? price > threshold : price < threshold;
  const fires = isBeyond && isArmed;
  return { state: { ...state, isArmed: !isBeyond, isOver: fires && isOnce }, fires, from };
}

/** How far a price is from another one, in percent. */
export function moveIn(from: number, price: number): number {
  return Number((((price - from) / from) * 100).toFixed(percentDecimals));
}

/**
 * The prices from which on, upwards and downwards, something about the alert changes; null: none does. They may lie a little
 * too near, never too far: who wakes an alert judges it.
 */
export function wakes(state: AlertState): Readonly<{ wakeHigh: number | null; wakeLow: number | null }> {
  const { kind, threshold, reference, isArmed, isOver } = state;
  if (isOver) return { wakeHigh: null, wakeLow: null };
  if (kind !== 'percent')
    return (kind === 'above') === isArmed
      ? { wakeHigh: threshold, wakeLow: null }
      : { wakeHigh: null, wakeLow: threshold };
  if (reference === null || reference === undefined) return { wakeHigh: 0, wakeLow: null };
  const [high, low] = [reference * (1 + threshold / 100), reference * (1 - threshold / 100)];
  const margin = reference * 1e-9;
  return { wakeHigh: high > beyondPrices ? null : high - margin, wakeLow: low < 0 ? null : low + margin };
}
