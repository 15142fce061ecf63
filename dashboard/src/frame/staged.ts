import type { LiveState } from '../api/follow-stream.ts';
import type { Session, User } from '../api/use-session.ts';
import type { Known } from '../api/use-status.ts';
import type { Prices } from '../prices/use-prices.ts';

/** What every view may need: who is there, what is asked for, and the prices, which go on whatever is looked at. */
export type Staged = Readonly<{
  session: Session;
  /** The one thing that the address names in the view. */
  item: string | undefined;
  /** How the platform is. */
  known: Known;
  prices: Prices;
  arePricesLive: boolean;
  /** Told how the stream of orders is while a view follows it. */
  onOrders(state: LiveState | undefined): void;
}>;

/** A view for people who are logged in. */
export type StagedFor = Staged & Readonly<{ user: User }>;
