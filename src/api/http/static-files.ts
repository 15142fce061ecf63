import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import type { Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { codingOf } from './compress.ts';

/** Files of one folder that may be served: no name that is not listed is ever looked for. */
export type StaticFiles = Readonly<{
  folder: string;
  names: readonly string[];
  maxAgeSeconds: number;
  /** The name says what the content is, so a copy is never asked about again. */
  isImmutable?: boolean;
}>;

/** Our own pages with their scripts and styles. */
export const ownPages: StaticFiles = {
  folder: join(import.meta.dirname, '..', 'docs', 'pages'),
  names: ['account.js', 'docs.css', 'docs.js', 'icon.svg', 'login.js', 'page.css', 'palette.css', 'tell-login.js'],
  maxAgeSeconds: 60,
};

/** Swagger UI's own files. */
export const swaggerUi: StaticFiles = {
  folder: join(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'), '..'),
  names: ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'],
  maxAgeSeconds: 3_600,
};

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

// As the page's build names what it has packed already, tighter than there is time for while somebody waits.
const suffixes = { br: 'br', gzip: 'gz' } as const;

/** The file that the path names. @throws Problem not_found for a name that is not on the list. */
export function namedFile(c: HonoContext<RouteEnv>, { names }: StaticFiles): string {
  const name = c.req.param('file') ?? '';
  if (!names.includes(name)) throw new Problem('not_found', 'There is no such file.');
  return name;
}

/** Answers with the file that the path names. @throws Problem not_found for a name that is not on the list. */
export async function serveFile(c: HonoContext<RouteEnv>, files: StaticFiles): Promise<Response> {
  const name = namedFile(c, files);
  const { folder, names, maxAgeSeconds, isImmutable = false } = files;
  const coding = codingOf(c.req.header('accept-encoding'));
  const packed = coding && names.find((some) => some === `${name}.${suffixes[coding]}`);
  const bytes = await readFile(join(folder, packed ?? name));
  c.header('vary', 'Accept-Encoding', { append: true });
  return c.body(bytes, 200, {
    ...(packed && { 'content-encoding': coding }),
    'content-type': types[extname(name)] ?? 'application/octet-stream',
    'cache-control': `public, max-age=${maxAgeSeconds}${isImmutable ? ', immutable' : ''}`,
  });
}

// Everything is a file of this site. Swagger UI and Bull Board also set style attributes and embed images.
const strictPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
const pagePolicy = strictPolicy
  .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
  .replace("img-src 'self'", "img-src 'self' data:")
  .replace("font-src 'self'", "font-src 'self' data:");

/** What an answer in JSON may do in a browser: nothing. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'";

/**
 * Lets the answer be a page: its scripts and styles come from this site and nowhere else. `style`: the digest of the one style
 * that stands in the page itself.
 */
export function allowPage(c: HonoContext<RouteEnv>, policy: 'lenient' | 'strict' = 'lenient', style?: string): void {
  const own =
    style === undefined ? strictPolicy : strictPolicy.replace("style-src 'self'", `style-src 'sha256-${style}'`);
  c.header('content-security-policy', policy === 'strict' ? own : pagePolicy);
}
