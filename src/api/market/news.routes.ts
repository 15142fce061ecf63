import { z } from '@hono/zod-openapi';
import { Problem } from '../../errors.ts';
import { callName } from '../../gateways/finnhub/plan.ts';
import { fetchNews } from '../../jobs/market/fetch-news.job.ts';
import { newsName, storedNews } from '../../market/news.ts';
import { Symbol } from '../../market/symbol.ts';
import { defineRoute } from '../http/define-route.ts';
import { marketAnswers, observed, PreferHeader } from './market-answers.ts';
import { Day } from '../http/span.ts';
import { askFor } from '../../market/read-market.ts';
import { answerRead } from './answer-read.ts';

const dayMs = 86_400_000;
const defaultDays = 7;
const mostDays = 366;

const Article = z.object({
  category: z.string(),
  datetime: z.int().openapi({ description: 'UNIX seconds.' }),
  headline: z.string(),
  id: z.int(),
  image: z.string(),
  related: z.string(),
  source: z.string(),
  summary: z.string().openapi({ description: 'As the publisher wrote it: it may hold markup, so escape it.' }),
  url: z.string(),
});
const NewsView = z
  .object({ symbol: z.string(), from: z.string(), to: z.string(), data: z.array(Article), ...observed })
  .openapi('News');

const news = defineRoute(
  'public',
  {
    method: 'get',
    path: '/market/news',
    operationId: 'readNews',
    summary: 'The news of a symbol, newest first.',
    tags: ['market'],
    request: {
      query: z.object({
        symbol: Symbol.meta({ example: 'AAPL' }),
        from: Day.optional().openapi({ example: '2026-11-16' }),
        to: Day.optional().openapi({ example: '2026-11-22' }),
      }),
      headers: PreferHeader,
    },
    responses: marketAnswers('The news.', NewsView, {
      symbol: 'AAPL',
      from: '2026-11-16',
      to: '2026-11-22',
      data: [
        {
          category: 'company',
          datetime: 1_795_340_000,
          headline: 'Suppliers of Apple Inc report steady orders',
          id: 140_399_323,
          image: '',
          related: 'AAPL',
          source: 'Example Wire',
          summary: 'The figures were in line with what had been expected.',
          url: 'https://news.example/articles/140399323',
        },
      ],
      as_of: '2026-11-22T10:00:00.000Z',
      source: 'finnhub',
      stale: false,
    }),
  },
  async (c) => {
    const { symbol, ...days } = c.req.valid('query');
    const { ctx } = c.var;
    const range = { symbol, ...rangeOf(days, ctx.now()) };
    return answerRead(c, {
      named: symbol,
      name: newsName(range),
      freshMs: ctx.market.freshMs.news,
      stored: (em) => storedNews(em, range),
      ask: (lane) => askFor(ctx.jobs, fetchNews, range, lane),
      call: callName('/company-news', symbol),
      isPatient: true,
    });
  },
);

/** The days asked for, or their defaults. @throws Problem when they are in the wrong order or too many. */
function rangeOf({ from, to }: Readonly<{ from?: string | undefined; to?: string | undefined }>, now: Date) {
  const last = to ?? dayOf(from ? Math.max(now.getTime(), Date.parse(from)) : now.getTime());
  const first = from ?? dayOf(Date.parse(last) - (defaultDays - 1) * dayMs);
  const days = (Date.parse(last) - Date.parse(first)) / dayMs + 1;
  if (days >= 1 && days <= mostDays) return { from: first, to: last };
  const [pointer, detail] =
    days < 1 ? ['to', 'must not be before `from`'] : ['from', `spans more than ${mostDays} days`];
  throw new Problem('invalid', 'These days cannot be asked for; see errors.', { errors: [{ pointer, detail }] });
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** News. */
export const routes = [news];
