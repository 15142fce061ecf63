import { readingEm } from '../../mysql/reading.ts';
import { z } from '@hono/zod-openapi';
import { type MarketData, namedBy, subjectOf } from '../../market/market-data.ts';
import { loadMarketData } from '../../market/load-market-data.ts';
import type { Facts } from '../../market/copy.ts';
import type { PastObservation } from '../../market/market-store.ts';
import { Moment } from '../../process/moment.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { cutPage, PageQuery, placeId, placesOf, readCursor } from '../http/page.ts';
import { spanOf } from '../http/span.ts';
import { answerRead } from './answer-read.ts';
import { marketAnswers, PreferHeader, titleOf } from './market-answers.ts';

const aboutCopies = [
  'A fresh copy is answered at once; an old one at once with `stale: true` while a refresh is fetched; without one the',
  'answer waits up to `Prefer: wait=N` seconds (default 3, most 10).',
].join(' ');
const aboutHistories = [
  'What was observed and stored, by `as_of`, oldest first; no upstream call. What the provider says again is one',
  'observation. `from` and `to` are RFC 3339 times or days (UTC, both included); by default the last 7 days.',
].join(' ');

/** `GET /market/NAME`: the newest copy. */
function readRoute(data: MarketData): Route {
  const { name, summary, query } = data;
  return defineRoute(
    'public',
    {
      method: 'get',
      path: `/market/${name}`,
      operationId: data.operationId ?? `read${titleOf(data)}`,
      summary,
      description: aboutCopies,
      tags: ['market'],
      request: { query, headers: PreferHeader },
      responses: marketAnswers(data),
    },
    async (c) => answerRead(c, { data, ask: data.askOf(c.req.valid('query'), c.var.ctx.now()) }),
  );
}

const HistoryQuery = z.object({
  from: Moment.optional().openapi({ example: '2025-09-19' }),
  to: Moment.optional().openapi({ example: '2025-09-19T21:00:00Z' }),
  ...PageQuery,
});
const Given = z.object({
  from: z.string().optional(),
  to: z.string().optional(),
  cursor: z.string().optional(),
  limit: z.number(),
});
const exampleSpan = { from: '2025-09-19T00:00:00.000Z', to: '2025-09-19T21:00:00.000Z', next_cursor: null };

/** `GET /market/NAME/history`: what was observed before, of what keeps it. */
function historyRoute(data: MarketData): Route {
  const { name, query, facts, example } = data;
  const asked = Object.keys(query.shape);
  const schema = z
    .object({
      ...facts.pick(masked(asked)).shape,
      from: z.string(),
      to: z.string(),
      data: z.array(facts.omit(masked(asked))),
      next_cursor: z.string().nullable(),
    })
    .openapi(`${titleOf(data)}History`);
  const about = Object.entries(example);
  const answered = {
    ...Object.fromEntries(about.filter(([field]) => asked.includes(field))),
    ...exampleSpan,
    data: [Object.fromEntries(about.filter(([field]) => !asked.includes(field)))],
  };
  return defineRoute(
    'public',
    {
      method: 'get',
      path: `/market/${name}/history`,
      operationId: `read${titleOf(data)}History`,
      summary: `What was observed over time: ${data.what}.`,
      description: aboutHistories,
      tags: ['market'],
      request: { query: query.extend(HistoryQuery.shape) },
      responses: {
        200: { description: 'The observations.', content: { 'application/json': { schema, example: answered } } },
      },
    },
    async (c) => {
      const given: Facts = c.req.valid('query');
      const { orm, now } = c.var.ctx;
      const { from, to, cursor, limit } = Given.parse(given);
      const ask = data.askOf(
        Object.fromEntries(Object.entries(given).filter(([field]) => asked.includes(field))),
        now(),
      );
      const listName = `history:${name}:${subjectOf(ask)}:${from ?? ''}:${to ?? ''}`;
      const after = cursor === undefined ? undefined : readCursor(listName, cursor, Observations);
      const { view, ...span } = spanOf({ from, to }, now());
      const { store } = data.sameAs?.(ask) ?? data;
      const found = (await store.history?.(readingEm(orm), ask, span, { after, limit: limit + 1 })) ?? [];
      const { page, next_cursor } = cutPage(listName, found.map(rowOf), limit);
      return c.json({ ...namedBy(ask), ...view, data: page.map((row) => row.facts), next_cursor }, 200);
    },
  );
}

const Observations = placesOf(/^\d{1,20}$/);

function rowOf(observed: PastObservation) {
  return { id: placeId(observed), facts: observed.facts };
}

function masked(fields: readonly string[]): Record<string, true> {
  return Object.fromEntries(fields.map((field): [string, true] => [field, true]));
}

/** What each kind of market data is read by. */
export const routes = (await loadMarketData()).flatMap((data) => [
  readRoute(data),
  ...(data.store.history ? [historyRoute(data)] : []),
]);
