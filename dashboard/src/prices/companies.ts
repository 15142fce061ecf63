import { useEffect, useMemo, useState } from 'preact/hooks';
import { askQuickly } from '../api/ask-api.ts';
import { isCoin } from './quote.ts';

/** A company's profile, as far as the provider knows it. */
export type Company = Readonly<{
  symbol: string;
  name: string;
  country: string | null;
  currency: string | null;
  exchange: string | null;
  finnhubIndustry: string | null;
  ipo: string | null;
  marketCapitalization: number | null;
  weburl: string | null;
}>;

/** What a symbol stands for, as far as that is known. */
export type Identity = Readonly<{ name: string; exchange: string; currency: string }>;

// A profile is fetched once a day. What is not there yet is on its way, or will not come soon.
const patienceMs = 6_000;
const againMs = 15_000;
const known = new Map<string, Company>();

/** What each symbol stands for: a coin says it itself, of a share its profile is read, one after the other. */
export function useIdentities(symbols: readonly string[]): ReadonlyMap<string, Identity> {
  const [count, setCount] = useState(known.size);
  const names = symbols.join();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isGone = false;
    const turn = async () => {
      for (const symbol of missing(names)) {
        if (isGone || document.hidden) break;
        const company = await askCompany(symbol).catch(() => undefined);
        if (company) known.set(symbol, company);
        if (!isGone) setCount(known.size);
      }
      if (!isGone && missing(names).length > 0) timer = setTimeout(() => void turn(), againMs);
    };
    void turn();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [names]);
  return useMemo(() => new Map(names.split(',').flatMap(entryOf)), [names, count]);
}

function missing(names: string): readonly string[] {
  return names.split(',').filter((symbol) => symbol !== '' && !isCoin(symbol) && !known.has(symbol));
}

async function askCompany(symbol: string): Promise<Company | undefined> {
  const path = `/market/company?symbol=${encodeURIComponent(symbol)}`;
  const answer = await askQuickly<Company & Readonly<{ job_id?: string }>>(path, patienceMs);
  return answer.job_id === undefined ? answer : undefined;
}

function entryOf(symbol: string): [string, Identity][] {
  if (isCoin(symbol)) return [[symbol, coinOf(symbol)]];
  const company = known.get(symbol);
  if (!company) return [];
  const { name, exchange, currency } = company;
  return [[symbol, { name, exchange: exchange ?? '', currency: currency ?? '' }]];
}

// Of a pair's two halves, the second is what it is paid with.
const paidWith = /(USDT|USDC|BUSD|USD|EUR|BTC|ETH)$/;

function coinOf(symbol: string): Identity {
  const [exchange = '', pair = ''] = symbol.split(':');
  const [currency = ''] = paidWith.exec(pair) ?? [];
  const name = `${exchange.charAt(0)}${exchange.slice(1).toLowerCase()}`;
  return { name: pair.slice(0, pair.length - currency.length), exchange: name, currency };
}
