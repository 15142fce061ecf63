import { readdir } from 'node:fs/promises';
import { type Listing, listings } from './listings.ts';

/** Of which market a list is, and when it is asked for. */
export type ListMarket = Readonly<{ seed: number; nowMs: number }>;

/** An endpoint that lists something about a company: the same for the same seed and day. */
export type CompanyList = Readonly<{
  endpoint: string;
  of(company: Listing, market: ListMarket): unknown;
  /** What it answers about what is no company. */
  ofNone: unknown;
}>;

/** A list about a symbol, as the provider would answer; undefined when there is no such endpoint. */
export function companyList(endpoint: string, symbol: string, market: ListMarket): unknown {
  const list = lists.get(endpoint);
  const listing = listings.get(symbol);
  return list && listing?.type === 'Common Stock' ? list.of(listing, market) : list?.ofNone;
}

/** Every list, by its endpoint: one file `NAME.list.ts` each, and nothing else has to know. */
const lists: ReadonlyMap<string, CompanyList> = new Map(
  (await readLists()).map((list): [string, CompanyList] => [list.endpoint, list]),
);

async function readLists(): Promise<readonly CompanyList[]> {
  const folder = new URL('lists/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.list.ts')).toSorted();
  const modules = await Promise.all(files.map((name): Promise<unknown> => import(new URL(name, folder).href)));
  return modules.flatMap((module) =>
    typeof module === 'object' && module !== null ? Object.values<unknown>({ ...module }).filter(isList) : [],
  );
}

function isList(value: unknown): value is CompanyList {
  return typeof value === 'object' && value !== null && 'endpoint' in value && 'of' in value;
}
