import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { faults, type Kind, oddWaits } from '../support/upstreams/hostile-finnhub.ts';
import {
  type HostileProvider,
  limited,
  openHostileProvider,
  subjectOf,
} from '../support/upstreams/hostile-provider.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { patienceMs, until } from '../support/processes/process.ts';
import { reportFault } from '../support/proof/report-fault.ts';

// Nothing stays fresh, so that every read asks the provider again.
const env = {
  FINNHUB_API_KEY: 'key',
  FINNHUB_PER_MINUTE: '100000',
  FINNHUB_PER_SECOND: '10000',
  FINNHUB_WINDOW_MS: '500',
  QUOTE_TTL_SECONDS: '0',
  COMPANY_TTL_SECONDS: '0',
  NEWS_TTL_SECONDS: '0',
  FOREX_TTL_SECONDS: '0',
  RATE_LIMIT_PER_MINUTE: '0',
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
  WATCHLIST: '',
  // As `npm start` and docker-compose.yml start a worker.
  NODE_OPTIONS: '--max-semi-space-size=2',
};
const mostGrowthKb = 50 * 1024;

let provider: HostileProvider;
let platform: Platform;
beforeAll(async () => {
  provider = await openHostileProvider();
  platform = await startPlatform({ env: { ...env, FINNHUB_BASE_URL: provider.url } });
});
afterAll(async () => {
  await platform.stop();
  await provider.close();
});

const pairs = faults.flatMap(({ name, only, isEndless }, fault) =>
  (only ?? (['quote', 'company', 'news', 'forex'] as const)).map((kind: Kind) => ({ name, kind, fault, isEndless })),
);
const Body = z.looseObject({ stale: z.boolean().optional(), code: z.string().optional() });

const read = async (kind: Kind, subject: string, wait: number) => {
  const query = kind === 'forex' ? `base=${subject}` : `symbol=${subject}`;
  const signal = AbortSignal.timeout(patienceMs);
  const answer = await fetch(`${platform.url}/market/${kind}?${query}`, {
    signal,
    headers: { prefer: `wait=${wait}` },
  });
  const { stale, ...body } = Body.parse(await answer.json());
  return { status: answer.status, stale, body };
};
const readAll = (letter: 'K' | 'C', wait: number) =>
  Promise.all(pairs.map(({ kind, fault }) => read(kind, subjectOf(kind, letter, fault), wait)));
const tables = ['stock_quotes', 'company_profiles', 'market_news', 'news_coverage', 'forex_rates', 'event_log'];
const remembered = async () => {
  const rows: string[] = [];
  for (const table of tables)
    for (const row of await platform.orm.em.fork().execute<unknown[]>(`select * from ${table}`))
      rows.push(`${table} ${JSON.stringify(row)}`);
  return new Set(rows.filter((row) => !row.includes(`"${limited}"`)));
};

/** Resolves when everything has been fetched for this letter so often. */
async function untilAsked(letter: 'K' | 'C', times: number): Promise<void> {
  const unmet = () => pairs.filter(({ kind, fault }) => provider.asked(kind, subjectOf(kind, letter, fault)) < times);
  const isMet = () => unmet().length === 0 || undefined;
  await until(() => `${JSON.stringify(unmet())} asked for`, isMet);
}

/** The most memory that the worker has held since it was last asked, in KiB. */
const peakKb = () => {
  const { pid } = platform.workers[0] ?? { pid: 0 };
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return peak;
};

test(`none of ${faults.length} faults of the provider becomes a row, an error where a copy exists, or a wait without end`, async () => {
  const known = await until('all is known', async () => {
    const all = await readAll('K', 10);
    return all.every(({ status }) => status === 200) ? all : undefined;
  });
  expect((await read('quote', limited, 10)).status).toBe(200);
  // The day's reference rates come by themselves, once, soon after the first start.
  await until('the rates of the day', async () =>
    [...(await remembered())].some((row) => row.startsWith('forex_rates') && row.includes('"source":"ecb"'))
      ? true
      : undefined,
  );
  const before = await remembered();
  const memoryBefore = peakKb();

  provider.mood('hostile');
  const [stale, cold] = await Promise.all([readAll('K', 10), readAll('C', 1)]);
  expect(stale).toEqual(known.map((answer) => ({ ...answer, stale: true })));
  const named = pairs.map(({ name, kind }, place) => ({ name, kind, ...cold[place] }));
  expect(named.filter(({ status }) => ![202, 404, 503].includes(status ?? 0))).toEqual([]);

  await untilAsked('K', 1);
  await untilAsked('C', 1);

  // The queue rests as long as it is told, if that can be, and then goes on.
  const busy = async () => {
    expect(await read('quote', limited, 0)).toMatchObject({ status: 200 });
    return provider.asked('quote', limited) > oddWaits.length || undefined;
  };
  await until('every odd wait has been told, and waited', busy);
  const endless = 2 * pairs.filter(({ isEndless }) => isEndless).length;
  await until('endless answers are left', () => provider.abandoned() >= endless || undefined);

  // A plan that has become smaller takes nothing away that is stored.
  provider.mood('closed');
  for (const kind of ['quote', 'company', 'news'] as const)
    expect(await read(kind, subjectOf(kind, 'K', 0), 0)).toMatchObject({ status: 200, stale: true });
  await until('the plan is asked for', () => provider.asked('quote', subjectOf('quote', 'K', 0)) > 1 || undefined);

  const how = 'test/guarantees/hostile-upstream.test.ts';
  const waits = '429, with waits that are past, no number, or none';
  reportFault({ fault: 'F23', title: waits, times: oddWaits.length, seed: 'no chance', how });
  const title = `${faults.length} kinds of answers that are none, to readers with a copy and without`;
  reportFault({ fault: 'F24', title, times: 2 * pairs.length, seed: 'no chance', how });
  expect(peakKb() - memoryBefore).toBeLessThan(mostGrowthKb);
  expect([...(await remembered())].filter((row) => !before.has(row))).toEqual([]);
});
