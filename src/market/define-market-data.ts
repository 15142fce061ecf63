import { z } from 'zod';
import { defineJob } from '../jobs/define-job.ts';
import { finnhub as queue } from '../jobs/queues.ts';
import { defineEvent, type EventDefinition } from '../streams/define-event.ts';
import { market } from '../streams/market.stream.ts';
import { fetchMarketData, FetchResult, type MarketNeeds } from './fetch-market-data.ts';
import { type Ask, copyName, type MarketData, type MarketDataSpec, textsOf } from './market-data.ts';

/** Declares a kind of market data; one file `NAME.market.ts` exports it, and nothing else has to know. */
export function defineMarketData<P extends z.ZodType<Ask, Ask>, Said>(
  spec: MarketDataSpec<P['_output'], Said> & Readonly<{ payload: P }>,
): MarketData<P['_output'], Said> {
  const { name, what, payload, query } = spec;
  const asked = Object.fromEntries(Object.keys(query.shape).map((field) => [field, z.string()]));
  const facts = z.object({
    ...asked,
    ...spec.answer.shape,
    as_of: z.string().describe('When it was observed, RFC 3339.'),
    source: z.string(),
  });
  const data: MarketData<P['_output'], Said> = {
    ...spec,
    askOf: spec.askOf ?? ((asking) => payload.parse(asking)),
    facts,
    event: eventOf(spec, facts),
    job: defineJob(
      {
        kind: spec.kind ?? `fetch-${name}`,
        summary: `Fetch ${what}, ${spec.event === false ? 'and keep it' : 'store it, announce it'}.`,
        queue,
        payload,
        result: FetchResult,
        attempts: 4,
        backoffMs: 500,
        timeoutMs: 8_000,
        coalesceBy: (ask) => textsOf(ask).join('-'),
        copyName: (ask) => copyName(data, ask),
      },
      (attempt, ctx: MarketNeeds) => fetchMarketData(data, attempt, ctx),
      (ask, _reason, { market: { asks } }) => asks.end(copyName(data, ask)),
    ),
  };
  return data;
}

function eventOf<A extends Ask, Said>(spec: MarketDataSpec<A, Said>, facts: z.ZodObject): EventDefinition | undefined {
  const { name, what, query, example, event } = spec;
  if (event === false) return undefined;
  if (event) return defineEvent(market, event);
  const [subject = ''] = Object.keys(query.shape);
  return defineEvent<z.ZodType>(market, {
    type: `${name}.updated`,
    schema: 1,
    summary: `${what.charAt(0).toUpperCase()}${what.slice(1)} has been fetched and stored.`,
    data: facts,
    example: { subject: String(example[subject]), data: example },
  });
}
