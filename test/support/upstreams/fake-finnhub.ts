import type { Finnhub } from '../../../src/gateways/finnhub/finnhub.ts';

type Answer = (...asked: string[]) => Promise<unknown>;

/** What a fake is told to answer: bodies of the provider's calls, where undefined is its way to say nothing, and its own questions. */
export type FakeAnswers = Partial<
  Omit<Finnhub, 'get'> & Readonly<Record<'quote' | 'company' | 'news' | 'forex' | 'search' | 'list', Answer>>
>;

/** A Finnhub that answers as told; being asked for anything else is a fault of the code under test. */
export function fakeFinnhub(answers: FakeAnswers = {}): Finnhub {
  const unexpected = async () => {
    throw new Error('this call was not expected');
  };
  const { quote = unexpected, company = unexpected, news = unexpected, forex = unexpected } = answers;
  const { search = unexpected, list = unexpected } = answers;
  const said = async (path: string, query: Readonly<Record<string, string>>) => {
    const { symbol = '', from = '', to = '', base = '', q = '' } = query;
    if (path === '/quote') return (await quote(symbol)) ?? { c: 0, d: null, dp: null, h: 0, l: 0, o: 0, pc: 0, t: 0 };
    if (path === '/stock/profile2') return (await company(symbol)) ?? {};
    if (path === '/company-news') return news(symbol, from, to);
    if (path === '/forex/rates') return { base, quote: (await forex(base)) ?? {} };
    if (path === '/search') return { result: await search(q) };
    return list(path, symbol);
  };
  return {
    get: async ({ path, query, answer }) => answer.parse(await said(path, query)),
    isListed: answers.isListed ?? unexpected,
    isMarketOpen: answers.isMarketOpen ?? unexpected,
    holidays: answers.holidays ?? unexpected,
  };
}
