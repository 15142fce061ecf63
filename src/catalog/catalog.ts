import type { Redis } from '../redis/client.ts';
import type { Config } from '../config.ts';
import { openProductFeed, type ProductFeed } from '../gateways/feeds/product-feed.ts';
import type { TellOdd } from '../gateways/http/lenient.ts';
import { openSyncGate, type SyncGate } from './store-feed.ts';

/** Where products come from, and when they last came. */
export type Catalog = Readonly<{ productFeed: ProductFeed; syncGate: SyncGate }>;

/** Opens the catalog; nothing is asked yet. */
export function openCatalog(config: Config, redis: Redis, tell: TellOdd): Catalog {
  return { productFeed: openProductFeed(config.PUBLIC_PRODUCT_API, tell), syncGate: openSyncGate(redis) };
}
