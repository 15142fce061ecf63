import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from '@hono/zod-openapi';
import { Problem } from '../../errors.ts';
import { defineRoute } from '../http/define-route.ts';
import { allowPage, namedFile, serveFile, type StaticFiles } from '../http/static-files.ts';

const built = join(import.meta.dirname, '..', '..', '..', 'dashboard', 'dist');
const assets = join(built, 'assets');
const yearSeconds = 31_536_000;

const livePage = defineRoute(
  'public',
  {
    method: 'get',
    path: '/',
    operationId: 'readLivePage',
    summary: 'The live page: prices, a chart, and one’s own orders as they happen.',
    tags: ['about'],
    responses: {
      200: { description: 'The page.', content: { 'text/html': { schema: z.string(), example: '<!doctype html>…' } } },
      503: { description: 'unavailable' },
    },
  },
  async (c) => {
    const {
      config,
      market: { watchlist },
    } = c.var.ctx;
    const page = await readFile(join(built, 'index.html'), 'utf8').catch((cause: unknown) => {
      throw new Problem('unavailable', 'The live page has not been built; `npm start` and the image build it.', {
        cause,
      });
    });
    allowPage(c, 'strict');
    c.header('cache-control', 'no-cache');
    // The page itself says what is away.
    const watched = await watchlist.all().catch(() => []);
    const symbols = watchlist.isPolled ? watched.map(({ symbol }) => symbol).join() : '';
    const sandbox = config.isProduction ? '' : (config.SANDBOX_CONTROL_URL ?? '');
    const known = { watchlist: symbols, demo: String(!config.isProduction), sandbox };
    return c.html(Object.entries(known).reduce(withMeta, page), 200);
  },
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
export const routes = [livePage, asset];
