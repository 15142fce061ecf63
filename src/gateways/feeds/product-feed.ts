import pRetry from 'p-retry';
import { z } from 'zod';
import { GiveUp } from '../../errors.ts';
import { fetchJson, UpstreamFault } from '../http/fetch-json.ts';
import { type LeaveOut, listOf, optional, readLeniently, type TellOdd } from '../http/lenient.ts';
import { startTimeout } from '../../process/deadline.ts';
import { calling } from '../../telemetry/calling.ts';

/** A product as a feed lists it, checked; `price` is in major units of the feed's currency. */
export type FeedProduct = z.output<typeof Row>;

/** A whole feed. `source` names it: products of one source are told apart by their external id. */
export type FeedList = Readonly<{ source: string; products: readonly FeedProduct[] }>;

/** Whoever else sells: a list of products at an address. */
export type ProductFeed = Readonly<{
  /** All of the list that is valid. @throws GiveUp when it cannot be had, after a second try. */
  list(signal: AbortSignal): Promise<FeedList>;
}>;

const mostProducts = 5_000;
const mostPages = 100;
const mostBytes = 2 * 1024 * 1024;
const pageSize = 100;

/**
 * Opens the feed at `address`: a bare array as FakeStore sends, or DummyJSON's envelope with its further pages.
 * A try that has not ended within `tryMs` has failed; there are two.
 */
export function openProductFeed(address: string | undefined, tell: TellOdd, { tryMs = 5_000 } = {}): ProductFeed {
  return {
    async list(signal) {
      if (address === undefined) throw new GiveUp('PUBLIC_PRODUCT_API is not set');
      const url = new URL(address);
      const get = (page: URL) => getTwice(page, tryMs, signal);
      const first = await get(url);
      const isBare = Array.isArray(first);
      const rows = isBare ? first : await readPages(url, pageOf(first), get);
      const reasons = new Set<string>();
      const leaveOut: LeaveOut = (what, why) => {
        reasons.add(why);
        tell('The product feed', what, why);
      };
      const read = readLeniently(Rows, rows.slice(0, mostProducts), leaveOut);
      const products = read.success ? withoutRepeats(read.data, leaveOut) : [];
      if (products.length === 0)
        throw new GiveUp(['The product feed lists no product', ...reasons].slice(0, 3).join('; '));
      return { source: sourceOf(url, isBare), products };
    },
  };
}

type Get = (url: URL) => Promise<unknown>;

async function getTwice(url: URL, tryMs: number, signal: AbortSignal): Promise<unknown> {
  const once = async () => {
    const both = AbortSignal.any([signal, startTimeout(tryMs).signal]);
    const { status, body } = await calling({ gateway: 'products', call: 'read' }, () =>
      fetchJson('The product feed', url, { signal: both, mostBytes }),
    );
    if (status !== 200) throw new UpstreamFault(`The product feed answered ${status}`);
    return body;
  };
  return pRetry(once, { retries: 1, minTimeout: 250, signal }).catch((error: unknown) => {
    // Cut off from outside, it is not the feed's fault: another worker, or the next attempt, asks again.
    signal.throwIfAborted();
    throw new GiveUp(error instanceof Error ? error.message : 'The product feed did not answer', { cause: error });
  });
}

const Page = z.object({ products: z.array(z.unknown()), total: z.int().min(0), skip: z.int().min(0) });

function pageOf(body: unknown): z.output<typeof Page> {
  const page = Page.safeParse(body);
  if (page.success) return page.data;
  throw new GiveUp('The product feed is neither a list of products nor an envelope around one');
}

/** The rows of all pages. An address that names a `limit` is taken at its word: it is asked for that page alone. */
async function readPages(url: URL, first: z.output<typeof Page>, get: Get): Promise<unknown[]> {
  const rows = [...first.products];
  if (url.searchParams.has('limit')) return rows;
  for (let pages = 1; pages < mostPages && first.skip + rows.length < first.total; pages += 1) {
    if (rows.length >= mostProducts) break;
    const skip = first.skip + rows.length;
    const next = new URL(url);
    next.searchParams.set('limit', String(pageSize));
    next.searchParams.set('skip', String(skip));
    const page = pageOf(await get(next));
    // A feed that does not page sends its first page again, and one may end before its total: what came is kept.
    if (page.skip !== skip || page.products.length === 0) break;
    rows.push(...page.products);
  }
  return rows;
}

const Text = (name: string, most: number) => {
  const text = z.string().trim().max(most).nullable().default(null);
  return optional(
    name,
    text.transform((said) => said || null),
    null,
  );
};
const Url = z
  .union([z.literal(''), z.url({ protocol: /^https?$/ }).max(2_000)])
  .nullable()
  .default(null);
const Link = (name: string) =>
  optional(
    name,
    Url.transform((link) => link || null),
    null,
  );
const most = 4_294_967_295;
const Rate = z.number().min(0).max(100);
const Count = optional('rating.count', z.int().min(0).max(most).default(0), 0);
const Row = z
  .object({
    id: z.union([z.int(), z.string().trim().min(1).max(64)]).transform(String),
    title: z.string().trim().min(1).max(300),
    price: z.number().positive(),
    description: Text('description', 10_000),
    category: Text('category', 100),
    image: Link('image'),
    thumbnail: Link('thumbnail'),
    images: optional('images', z.array(Link('images')).nullish(), null),
    rating: optional('rating', z.union([Rate, z.object({ rate: Rate, count: Count })]).nullish(), null),
    reviews: optional('reviews', z.array(z.unknown()).nullish(), null),
    stock: optional('stock', z.int().min(0).max(most).nullish(), null),
  })
  .transform(({ id, thumbnail, images, image, rating, reviews, stock, ...same }) => ({
    ...same,
    externalId: id,
    image: image ?? thumbnail ?? images?.find((some) => some !== null) ?? null,
    rating: typeof rating === 'number' ? { rate: rating, count: reviews?.length ?? 0 } : (rating ?? null),
    stock: stock ?? null,
  }));

const Rows = listOf('product', Row);

/** A row that comes twice unchanged, as when pages shift, counts once; rows that contradict each other are left out. */
function withoutRepeats(products: readonly FeedProduct[], leaveOut: LeaveOut): FeedProduct[] {
  return [...Map.groupBy(products, ({ externalId }) => externalId).values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const told = JSON.stringify(first);
    if (others.every((other) => JSON.stringify(other) === told)) return [first];
    leaveOut('product', 'is listed twice, differently');
    return [];
  });
}

/**
 * The known feeds by name, any other by its host. On this machine, where ports change from start to start, a stand-in
 * has the name of the feed whose shape it has.
 */
function sourceOf({ hostname }: URL, isBare: boolean): string {
  const isKnown = /(^|\.)(fakestoreapi|dummyjson)\.com$/.test(hostname);
  const isLocal = /^(localhost|127\..*|\[::1\])$/.test(hostname);
  return isKnown || isLocal ? (isBare ? 'fakestore' : 'dummyjson') : hostname.slice(-100);
}
