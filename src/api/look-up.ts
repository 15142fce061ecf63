import type { ApiContext } from '../context.ts';
import { Problem } from '../errors.ts';
import type { Copy } from '../market/cache.ts';
import type { MarketRead } from './read-market.ts';

/** What is known here without asking the provider. */
export type Found = Readonly<{ copy: Copy | undefined; isUnknown: boolean }>;

/** Look-ups under way in this process: a crowd that comes all at once is one. */
const underWay = new Map<string, Promise<Found>>();

/**
 * Finds the newest copy, in Redis or in MySQL, and without one, whether the provider is known not to know of any. `after`
 * is the job whose end it follows: who joined a look-up that began before would not see what that job brought.
 * @throws Problem upstream_unavailable when Redis is away and there is no copy.
 */
export function lookUp(ctx: ApiContext, read: MarketRead, after = ''): Promise<Found> {
  const name = `${read.name} ${after}`;
  const running = underWay.get(name) ?? find(ctx, read).finally(() => underWay.delete(name));
  underWay.set(name, running);
  return running;
}

/** Says that Redis does not answer. */
export function away(error: unknown): never {
  throw new Problem('upstream_unavailable', 'Nothing is stored of this, and it cannot be fetched at the moment.', {
    cause: error,
    headers: { 'retry-after': '2' },
  });
}

async function find({ cache, orm, log }: ApiContext, read: MarketRead): Promise<Found> {
  const cached = await cache.read(read.name).catch((error: unknown) => {
    log.debug({ err: error }, 'cache away; reading MySQL');
    return undefined;
  });
  const copy = cached ?? (await read.stored(orm.em.fork()));
  return { copy, isUnknown: copy === undefined && (await cache.isUnknown(read.name).catch(away)) };
}
