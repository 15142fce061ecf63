import { z } from 'zod';
import { listOf, optional } from '../http/lenient.ts';
import type { ProviderCall } from './finnhub.ts';

/** A day on which an exchange does not trade as usual; the hours are empty when it is closed. */
export type FinnhubHoliday = z.output<typeof Holiday>;

/** The most bytes of a list of some thousand entries. */
export const listBytes = 1024 * 1024;

// Clocks differ, and a day may have begun elsewhere; beyond that the future is not known.
const aheadMs = 86_400_000;

/** A moment that has been, in UNIX seconds. */
export const Seconds = z
  .int()
  .nonnegative()
  .refine((seconds) => seconds * 1_000 < Date.now() + aheadMs, 'must not lie in the future');

/** As long a text as MySQL's text columns are sure to hold. */
export const mostText = 16_000;

/** A text of whole characters. JSON can say half a one, as a cut leaves it, and no server takes that in a column of JSON. */
export const WholeText = z.string().overwrite((text) => text.toWellFormed());

/** A text that nothing depends on; empty when it is missing or odd. */
export const Text = (name: string, most = mostText) => optional(name, WholeText.max(most).default(''), '');

/** A text that may be unknown, which some records say with an empty one: null then, or when it is odd. */
export const Known = (name: string, most: number) => {
  const text = WholeText.max(most).nullable().default(null);
  return optional(
    name,
    text.transform((value) => (value === '' || value === 'N/A' ? null : value)),
    null,
  );
};

/** A number that nothing depends on; null when it is missing, unknown or odd. */
export const KnownNumber = (name: string, number: z.ZodNumber) => optional(name, number.nullable().default(null), null);

const Hit = z.object({
  symbol: WholeText.min(1).max(255),
  description: Text('description'),
  displaySymbol: Text('displaySymbol', 255),
  type: Text('type', 255),
});

/** The symbols that fit the words, best first. */
export function symbolSearch(words: string) {
  const answer = z.object({ result: listOf('hit', Hit) });
  return { path: '/search', query: { q: words }, answer, mostBytes: listBytes } satisfies ProviderCall;
}

const Holiday = z.object({
  atDate: z.iso.date(),
  tradingHour: z.union([z.literal(''), z.string().regex(/^\d\d:\d\d-\d\d:\d\d$/)]),
});
const query = { exchange: 'US' };

/** Whether the exchanges of the US trade shares. */
export const marketStatus = { path: '/stock/market-status', query, answer: z.object({ isOpen: z.boolean() }) };

/** When they do not. */
export const holidays = {
  path: '/stock/market-holiday',
  query,
  answer: z.object({ data: listOf('holiday', Holiday) }),
};
