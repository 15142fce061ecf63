import { useReading } from '../api/use-reading.ts';
import type { Known } from '../api/use-status.ts';
import { isOld, useAge } from '../parts/age.tsx';
import type { MarketState } from './market-state.ts';
import { formatTime } from './quote.ts';

/** What a price that is old says of the provider's plan. */
type Plan = Readonly<{
  windows: readonly Readonly<{
    name: string;
    limit: number;
    used: number;
    reserved: number;
    resets_at: string | null;
  }>[];
  lanes: readonly Readonly<{ waiting: number }>[];
  resting_until: string | null;
}>;

type Asked = Readonly<{ at: string; known: Known; market: MarketState; isPolled: boolean }>;

const everyMs = 2_000;

/** Why a price is old, or will be soon: what is away, that nothing trades, or how the plan's calls are used. */
export function WhyOld(asked: Asked) {
  const age = useAge(asked.at) ?? 0;
  return asked.known !== undefined && (isOld(age) || isInTrouble(asked.known)) ? <Why {...asked} /> : null;
}

function isInTrouble(known: Exclude<Known, undefined>): boolean {
  return known === 'away' || known.redis === 'away' || !['up', 'unknown'].includes(known.prices);
}

function Why(asked: Asked) {
  const { value: plan, failure } = useReading<Plan>('/market/budget', everyMs);
  return (
    <p class="why-old">
      {reasonOf(asked, failure ? undefined : plan)} {plan && !failure && <Calls plan={plan} />}
    </p>
  );
}

function Calls({ plan }: Readonly<{ plan: Plan }>) {
  const { used, limit, waiting } = callsOf(plan);
  return (
    <span class="faint" data-used={used} data-limit={limit}>
      {used} of {limit} calls of this minute are used, {waiting} wait.
    </span>
  );
}

function callsOf({ windows, lanes }: Plan) {
  const minute = windows.find(({ name }) => name === 'minute');
  const waiting = lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  const { used = 0, limit = 0, reserved = 0 } = minute ?? {};
  return { used, limit, isUsedUp: used + reserved >= limit, resetsAt: minute?.resets_at, waiting };
}

/** The nearest reason first: what is away explains all the rest. */
function reasonOf({ known, market, isPolled }: Asked, plan: Plan | undefined): string {
  if (known === undefined) return '';
  if (known === 'away') return 'The server does not answer.';
  if (known.redis === 'away') return 'Redis does not answer: prices stand still.';
  if (known.prices === 'off') return 'There is no provider of prices here.';
  if (known.prices === 'unmanned') return 'Nobody fetches prices.';
  if (known.prices === 'away') return 'The provider of prices does not answer.';
  if (known.prices === 'slow') return 'The provider of prices is slow to answer.';
  if (plan?.resting_until) return `The provider wants a rest until ${formatTime(plan.resting_until)}.`;
  if (market === 'closed') return 'The exchanges are closed, and nothing trades.';
  if (plan && callsOf(plan).isUsedUp) return usedUp(plan);
  if (!isPolled) return 'It is not polled: it is fetched when somebody asks for it.';
  return 'It comes when its turn is.';
}

function usedUp(plan: Plan): string {
  const { resetsAt } = callsOf(plan);
  return `The provider’s plan is used up${resetsAt ? `: the next call is free at ${formatTime(resetsAt)}` : ''}.`;
}
