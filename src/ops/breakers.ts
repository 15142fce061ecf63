import type { Market } from '../market/market.ts';
import { finnhub, payments as paymentsQueue } from '../jobs/queues.ts';
import type { Payments } from '../payments/payments.ts';
import type { Outage } from '../gateways/http/outage.ts';

/** What has breakers. */
export type Guarded = Readonly<{
  market: Pick<Market, 'provider' | 'readBudget'>;
  payments: Pick<Payments, 'gateways'>;
  now: () => Date;
}>;

/** A breaker: closed lets every call pass, open one a second, and at rest none does until then. */
export type Breaker = Readonly<{
  upstream: string;
  queue: string;
  state: 'closed' | 'open' | 'resting';
  failures: number;
  untilMs: number | undefined;
}>;

/** How each is. @throws when Redis is away. */
export async function readBreakers({ market, payments: { gateways }, now }: Guarded): Promise<readonly Breaker[]> {
  const read = async (upstream: string, queue: string, outage: Pick<Outage, 'look'>): Promise<Breaker> => {
    const { failures, isOpen, restMs } = await outage.look();
    const untilMs = restMs > 0 ? now().getTime() + restMs : undefined;
    return { upstream, queue, state: restMs > 0 ? 'resting' : isOpen ? 'open' : 'closed', failures, untilMs };
  };
  return Promise.all([
    read('finnhub', finnhub.name, market.provider),
    ...gateways.all.map(({ name, outage }) => read(name, paymentsQueue.name, outage)),
  ]);
}

/** Why a queue rests that does, or, with an `upstream`, what calls that one. @throws when Redis is away. */
export async function reasonOfRest(guarded: Guarded, queue: string, upstream?: string): Promise<string> {
  const breakers = (await readBreakers(guarded)).filter(
    (breaker) => breaker.queue === queue && (upstream === undefined || breaker.upstream === upstream),
  );
  const budget = queue === finnhub.name ? await guarded.market.readBudget() : undefined;
  if (breakers.some(({ state }) => state === 'resting') || budget?.restingUntilMs !== undefined)
    return 'what it calls wants no call for a while';
  if (breakers.some(({ state }) => state === 'open')) return 'what it calls does not answer';
  return 'as many calls as may be made have been made';
}
