import type { z } from 'zod';
import type { Config } from '../config.ts';
import type { ProviderCall } from '../gateways/finnhub/finnhub.ts';
import type { Job, JobContract } from '../jobs/define-job.ts';
import type { EventDefinition } from '../streams/define-event.ts';
import type { Facts } from './copy.ts';
import type { Fetched, MarketNeeds } from './fetch-market-data.ts';
import type { MarketStore } from './market-store.ts';

/** What is asked for. Its texts, in their order, are its name and stand in the answer; the first is what events are about. */
export type Ask = Readonly<Record<string, string | boolean | undefined>>;

/** Silence that tells something; `yieldsTo` says which copies are worth more than that, and stay. */
export type Telling<Said> = Readonly<{ means: Said; yieldsTo?(last: Facts, at: Date): boolean }>;

/** What is particular to one kind of market data; everything else follows from `defineMarketData`. */
export type MarketDataSpec<A extends Ask, Said> = Readonly<{
  /** Its path below `/market/`, and the name of its file: `company` is read at `/market/company` and fetched by `fetch-company`. */
  name: string;
  /** What one fetch brings, within a sentence: `a company’s profile`. */
  what: string;
  /** One sentence for OpenAPI; what else there is to say stands in `operations.md`. */
  summary: string;
  /** How long a copy is fresh, seconds, or the variable that says so. */
  freshSeconds: number | Extract<keyof Config, `${string}_TTL_SECONDS`>;
  /** How long Redis keeps a copy; a week unless told otherwise. */
  keptSeconds?: number;
  /** It hardly changes: an old copy is refreshed after everything else. */
  isPatient?: boolean;
  /** What its job is asked for; jobs in Redis outlive deployments. */
  payload: z.ZodType<A, A>;
  /** What its route is asked for, and how that becomes the payload where it is not the same. */
  query: z.ZodObject;
  askOf?(query: Facts, now: Date): A;
  /** The answer's fields, besides those of the question and `as_of`, `source` and `stale`. */
  answer: z.ZodObject;
  /** A whole answer but `stale`, for the documents. */
  example: Facts;
  /** The provider's call; it says undefined when it has nothing. */
  call(ask: A): ProviderCall<Said | undefined>;
  /**
   * What it means when the provider has nothing for a symbol that a search finds: a fault that passes, or that this is what
   * there is to say. Without it nobody searches, and who has nothing is unknown.
   */
  silence?: 'fault' | Telling<Said>;
  /** Where observations are kept. */
  store: MarketStore<A, Said>;
  /** Its event, where that is not `NAME.updated` with the answer's fields; false: nothing is announced. */
  event?: Omit<EventDefinition, 'stream'> | false;
  /** Who is asked where the plan does not include the call. */
  fallback?: Readonly<{ job: JobContract; isConfigured(market: MarketNeeds['market']): boolean }>;
  /** Another kind that this question belongs to. */
  sameAs?(ask: A): MarketData<A> | undefined;
  /** Names that are older than the rule. */
  kind?: string;
  operationId?: string;
}>;

/** One kind of market data, with its job, its event and the shape of its answer. */
export type MarketData<A extends Ask = Ask, Said = unknown> = Omit<MarketDataSpec<A, Said>, 'event'> &
  Readonly<{
    askOf(query: Facts, now: Date): A;
    /** The answer but `stale`. */
    facts: z.ZodObject;
    event: EventDefinition | undefined;
    job: Job<z.ZodType<A, A>, z.ZodType<Fetched>, MarketNeeds>;
  }>;

/** The name under which a copy is cached and asked for: the job that fetches it, and what it is asked for. */
export function copyName<A extends Ask>(data: MarketData<A>, ask: A): string {
  return [(data.sameAs?.(ask) ?? data).job.kind, ...textsOf(ask)].join(':');
}

/** What the events of an answer are about. */
export function subjectOf(ask: Ask): string {
  return textsOf(ask)[0] ?? '';
}

/** The subject under its name. */
export function aboutOf(ask: Ask): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(namedBy(ask)).slice(0, 1));
}

/** The question as it stands in the answer. */
export function namedBy(ask: Ask): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(ask).flatMap(([field, value]): [string, string][] =>
      typeof value === 'string' ? [[field, value]] : [],
    ),
  );
}

/** The texts of a question, in their order. */
export function textsOf(ask: Ask): readonly string[] {
  return Object.values(namedBy(ask));
}
