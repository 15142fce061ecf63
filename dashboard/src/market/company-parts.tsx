import { pathOf } from '../frame/address.ts';
import { formatDay, formatMoment } from '../parts/moment.ts';
import { Part } from '../parts/part.tsx';
import { Table } from '../parts/table.tsx';
import { useCopy } from './use-copy.ts';

type Article = Readonly<{
  id: number;
  datetime: number;
  headline: string;
  source: string;
  summary: string;
  url: string;
}>;
type Trend = Readonly<{
  period: string;
  strongBuy: number;
  buy: number;
  hold: number;
  sell: number;
  strongSell: number;
}>;
type Report = Readonly<{
  date: string;
  quarter: number | null;
  year: number | null;
  epsActual: number | null;
  epsEstimate: number | null;
  revenueActual: number | null;
  revenueEstimate: number | null;
}>;
type List<T> = Readonly<{ data: readonly T[] }>;
type Named = Readonly<{ symbol: string }>;

const mostArticles = 10;
const large = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 });

/** What was written about a company of late. */
export function News({ symbol }: Named) {
  return (
    <Part id="news" title="News" reading={useCopy<List<Article>>('news', symbol)}>
      {({ data }) => (
        <ul class="news">
          {data.length === 0 && <li class="empty">Nothing was written in the last week.</li>}
          {data.slice(0, mostArticles).map((article) => (
            <li key={article.id}>
              {/^https?:/.test(article.url) ? (
                <a href={article.url} rel="noreferrer">
                  {textOf(article.headline)}
                </a>
              ) : (
                textOf(article.headline)
              )}
              <p>{textOf(article.summary)}</p>
              <p class="faint">
                {article.source}, {formatMoment(new Date(article.datetime * 1_000).toISOString())}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

/** How many analysts recommend what, month by month. */
export function Recommendations({ symbol }: Named) {
  return (
    <Part id="recommendations" title="Recommendations" reading={useCopy<List<Trend>>('recommendations', symbol)}>
      {({ data }) => (
        <Table
          label="Recommendations"
          rows={data}
          keyOf={({ period }) => period}
          empty="No analyst follows it."
          columns={[
            { name: 'Month', of: ({ period }) => formatDay(period) },
            { name: 'Strong buy', isFigure: true, of: ({ strongBuy }) => strongBuy },
            { name: 'Buy', isFigure: true, of: ({ buy }) => buy },
            { name: 'Hold', isFigure: true, of: ({ hold }) => hold },
            { name: 'Sell', isFigure: true, of: ({ sell }) => sell },
            { name: 'Strong sell', isFigure: true, of: ({ strongSell }) => strongSell },
          ]}
        />
      )}
    </Part>
  );
}

/** When it tells its earnings, and what they were. */
export function Earnings({ symbol }: Named) {
  const figure = (value: number | null) => (value === null ? '–' : large.format(value));
  return (
    <Part id="earnings" title="Earnings" reading={useCopy<List<Report>>('earnings', symbol)}>
      {({ data }) => (
        <Table
          label="Earnings"
          rows={data}
          keyOf={({ date, quarter }) => `${date} ${quarter}`}
          empty="No date is known."
          columns={[
            { name: 'Day', of: ({ date }) => formatDay(date) },
            { name: 'Quarter', of: ({ quarter, year }) => (quarter === null ? '–' : `Q${quarter} ${year ?? ''}`) },
            { name: 'Per share', isFigure: true, of: ({ epsActual }) => figure(epsActual) },
            { name: 'Expected', isFigure: true, of: ({ epsEstimate }) => figure(epsEstimate) },
            { name: 'Revenue', isFigure: true, of: ({ revenueActual }) => figure(revenueActual) },
            { name: 'Revenue expected', isFigure: true, of: ({ revenueEstimate }) => figure(revenueEstimate) },
          ]}
        />
      )}
    </Part>
  );
}

/** Companies of its kind. */
export function Peers({ symbol }: Named) {
  return (
    <Part id="peers" title="Peers" reading={useCopy<List<string>>('peers', symbol)}>
      {({ data }) => (
        <ul class="links">
          {data
            .filter((peer) => peer !== symbol)
            .map((peer) => (
              <li key={peer}>
                <a href={pathOf('market', peer)}>{peer}</a>
              </li>
            ))}
        </ul>
      )}
    </Part>
  );
}

/** What publishers write holds markup; only its words are shown, and nothing of it is run or fetched. */
function textOf(markup: string): string {
  return new DOMParser().parseFromString(markup, 'text/html').body.textContent ?? '';
}
