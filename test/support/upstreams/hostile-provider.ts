import { z } from 'zod';
import { type Fault, faults, type Kind, oddWaits, says } from './hostile-finnhub.ts';
import { listen, type LocalServer } from './local-server.ts';
import { currencies } from '../recorded-currencies.ts';

/** A provider that knows every subject, and is as hostile as the subject's name says once it has been told to be. */
export type HostileProvider = LocalServer &
  Readonly<{
    /** From now on all is well, or each subject meets its fault, or nothing is in the plan. */
    mood(mood: 'good' | 'hostile' | 'closed'): void;
    /** How often `kind` has been asked for this subject in other than a good mood. */
    asked(kind: Kind, subject: string): number;
    /** How many endless answers callers have walked away from. */
    abandoned(): number;
  }>;

// The bank publishes the euro's rates by itself.
const bases = currencies.filter((code) => code !== 'EUR');

/** A subject that meets the fault of this number: a currency for rates, one for K and one for C, else a symbol. */
export function subjectOf(kind: Kind, letter: 'K' | 'C', fault: number): string {
  if (kind === 'forex') return bases[2 * fault + (letter === 'K' ? 0 : 1)] ?? '';
  const [tens, ones] = [Math.floor(fault / 26), fault % 26].map((place) => String.fromCharCode(65 + place));
  return `${letter}${tens}${ones}.H`;
}

/** A subject for which the provider is only too busy, in all the words there are for it. */
export const limited = 'BUSY';

const endpoints: Readonly<Record<string, Kind>> = {
  '/quote': 'quote',
  '/stock/profile2': 'company',
  '/company-news': 'news',
  '/forex/rates': 'forex',
};

/** Starts it, in a good mood. */
export async function openHostileProvider(): Promise<HostileProvider> {
  const calls = new Map<string, number>();
  let mood = 'good';
  let abandoned = 0;
  const server = await listen((request, response) => {
    const url = new URL(request.url ?? '/', 'http://provider');
    const kind = endpoints[url.pathname];
    const subject = url.searchParams.get('symbol') ?? url.searchParams.get('base') ?? '';
    if (kind === undefined) return says(200, { count: 0, result: [] })(response, undefined);
    const good = goodAnswer(kind, subject);
    const call = calls.get(`${kind} ${subject}`) ?? 0;
    if (mood !== 'good') calls.set(`${kind} ${subject}`, call + 1);
    const wait = subject === limited ? oddWaits[call] : undefined;
    if (wait !== undefined && mood === 'hostile')
      return says(429, { error: 'limit' }, { 'retry-after': wait })(response, good);
    if (mood === 'closed') return says(403, { error: "You don't have access to this resource." })(response, good);
    const fault = mood === 'hostile' ? faultOf(subject) : undefined;
    if (fault?.isEndless) response.once('close', () => (abandoned += 1));
    (fault?.answer ?? says(200, good))(response, good);
  });
  return {
    ...server,
    mood: (next) => void (mood = next),
    asked: (kind, subject) => calls.get(`${kind} ${subject}`) ?? 0,
    abandoned: () => abandoned,
  };
}

function faultOf(subject: string): Fault | undefined {
  const base = bases.indexOf(subject);
  if (base >= 0) return faults[Math.floor(base / 2)];
  const [tens, ones] = [1, 2].map((place) => subject.charCodeAt(place) - 65);
  return subject === limited ? undefined : faults[(tens ?? 0) * 26 + (ones ?? 0)];
}

const long = z.string().length(3);

function goodAnswer(kind: Kind, subject: string): unknown {
  const seconds = Math.floor(Date.now() / 1_000) - 60;
  switch (kind) {
    case 'quote':
      return { c: 308.82, d: 3.83, dp: 1.2558, h: 311.4, l: 305.84, o: 306.12, pc: 304.99, t: seconds };
    case 'company':
      return { country: 'US', marketCapitalization: 4_535_749.27, name: 'Somebody', ticker: subject };
    case 'news':
      return [{ category: 'company', datetime: seconds, headline: 'News', id: 7, related: subject, summary: '' }];
    case 'forex':
      return { base: long.parse(subject), quote: { EUR: 1.5, USD: 1.25 } };
  }
}
