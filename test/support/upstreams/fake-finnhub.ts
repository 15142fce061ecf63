import type { Finnhub } from '../../../src/gateways/finnhub/finnhub.ts';

/** A Finnhub that answers as told; being asked for anything else is a fault of the code under test. */
export function fakeFinnhub(answers: Partial<Finnhub> = {}): Finnhub {
  const unexpected = async () => {
    throw new Error('this call was not expected');
  };
  return {
    quote: unexpected,
    company: unexpected,
    news: unexpected,
    forex: unexpected,
    search: unexpected,
    isListed: unexpected,
    isMarketOpen: unexpected,
    holidays: unexpected,
    ...answers,
  };
}
