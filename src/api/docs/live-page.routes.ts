import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import { exampleOrder } from './examples.ts';
import { pageShell, quotesFor } from './page-shell.ts';
import { itemViews, pageViews } from './page-views.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { allowPage, namedFile, serveFile, type StaticFiles } from '../http/static-files.ts';

const built = join(import.meta.dirname, '..', '..', '..', 'dashboard', 'dist');
const assets = join(built, 'assets');
const yearSeconds = 31_536_000;

/** The page at an address of its own: which view that is, the page itself knows. */
function pageAt(path: string, operationId: string, summary: string, params: z.ZodObject) {
  return defineRoute(
    'public',
    {
      method: 'get',
      path,
      operationId,
      summary,
      tags: ['about'],
      request: { params },
      responses: {
        200: {
          description: 'The page.',
          content: { 'text/html': { schema: z.string(), example: '<!doctype html>…' } },
        },
        ...(path === '/' ? {} : { 404: { description: 'not_found' } }),
        503: { description: 'unavailable' },
      },
    },
    answerPage,
    namedView,
  );
}

/** The view that the path names, if it names one. @throws Problem not_found */
function namedView(c: HonoContext<RouteEnv>): void {
  const view = c.req.param('view');
  const named: readonly string[] = c.req.param('key') === undefined ? pageViews : itemViews;
  if (view !== undefined && !named.includes(view)) throw new Problem('not_found', 'The live page has no such view.');
}

async function answerPage(c: HonoContext<RouteEnv>) {
  namedView(c);
  const {
    config,
    market: { cache, watchlist },
    payments: { gateways },
  } = c.var.ctx;
  const page = await readFile(join(built, 'index.html'), 'utf8').catch((cause: unknown) => {
    throw new Problem('unavailable', 'The live page has not been built; `npm start` and the image build it.', {
      cause,
    });
  });
  // Its one style comes with it, so that nothing else has to come before there is something to see.
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
  allowPage(c, 'strict', hash('sha256', style, 'base64'));
  c.header('cache-control', 'no-cache');
  // The page itself says what is away.
  const watched = await watchlist.all().catch(() => []);
  const symbols = watchlist.isPolled ? watched.map(({ symbol }) => symbol) : [];
  const quotes = await quotesFor(cache, symbols);
  const sandbox = config.isProduction ? '' : (config.SANDBOX_CONTROL_URL ?? '');
  const bank = gateways.all.some(({ isStandIn }) => isStandIn) ? sandbox : '';
  const demo = String(!config.isProduction);
  const known = { watchlist: symbols.join(), quotes: JSON.stringify(quotes), demo, sandbox, bank };
  const shell = await pageShell(c.req.path === '/' ? { symbol: symbols[0], quotes } : undefined);
  const filled = Object.entries(known).reduce(withMeta, page);
  return c.html(
    filled.replace('<div id="page"></div>', () => `<div id="page">${shell}</div>`),
    200,
  );
}

const about = 'The live page: prices, a chart, and one’s own orders as they happen.';
const view = z.string().max(32).openapi({ example: 'orders' });
const key = z.string().max(64).openapi({ example: exampleOrder.id });
const livePage = pageAt('/', 'readLivePage', about, z.object({}));
const livePageView = pageAt(
  '/app/{view}',
  'readLivePageView',
  'The live page, at one of its views.',
  z.object({ view }),
);
const livePageOf = pageAt(
  '/app/{view}/{key}',
  'readLivePageOf',
  'The live page, at a view of one order, product, symbol, job or webhook.',
  z.object({ view, key }),
);

const asset = defineRoute(
  'public',
  {
    method: 'get',
    path: '/assets/{file}',
    operationId: 'readLivePageFile',
    summary: 'A script, style or image of the live page; its name changes with its content.',
    tags: ['about'],
    request: { params: z.object({ file: z.string().openapi({ example: 'index-BxT0aL9c.js' }) }) },
    responses: {
      200: { description: 'The file.', content: { 'text/javascript': { schema: z.string(), example: 'const …' } } },
    },
  },
  async (c) => serveFile(c, await builtFiles()),
  async (c) => namedFile(c, await builtFiles()),
);

async function builtFiles(): Promise<StaticFiles> {
  const names = await readdir(assets).catch(() => []);
  return { folder: assets, names, maxAgeSeconds: yearSeconds, isImmutable: true };
}

/** Fills in what the page cannot know by itself. */
function withMeta(page: string, [name, content]: readonly [string, string]): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return page.replace(
    `<meta name="orderflow-${name}" content=""`,
    () => `<meta name="orderflow-${name}" content="${safe}"`,
  );
}

/** The page that people keep open. */
export const routes = [livePage, livePageView, livePageOf, asset];
