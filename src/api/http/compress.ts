import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Around } from '../callers/route-env.ts';

const codings = ['br', 'gzip'] as const;

/** How the bytes of an answer are packed. */
export type Coding = (typeof codings)[number];

// What fits into one packet gains nothing.
const leastBytes = 1_400;
// The level at which packing takes about as long as sending what it saves.
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const packings = { br: (bytes: Uint8Array) => promisify(brotliCompress)(bytes, quick), gzip: promisify(gzip) };
// Not streams: what is told as it happens cannot be waited for.
const packable = /^(?:application\/(?:[\w.-]+\+)?json|text\/(?:html|css|javascript)|image\/svg\+xml)\b/;

/** The best packing that an `Accept-Encoding` allows, if it names any that is known here. */
export function codingOf(accepted: string | undefined): Coding | undefined {
  const parts = (accepted ?? '').toLowerCase().split(',');
  const named = parts.map((part) => part.trim().split(/\s*;\s*/));
  const allowed = named.filter(
    ([, ...parameters]) => !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)),
  );
  return codings.find((coding) => allowed.some(([name]) => name === coding));
}

/**
 * Packs what is read, pages and JSON, for whom understands it. Answers to writes stay as they are: they are small, and
 * the only ones that hold a new secret, whose length beside a guess must tell nobody anything.
 */
export const compressReads: Around = async (c, next) => {
  if (c.req.method !== 'GET') return next();
  await next();
  const coding = codingOf(c.req.header('accept-encoding'));
  if (!coding || !packable.test(c.res.headers.get('content-type') ?? '')) return;
  if (!c.res.body || c.res.headers.has('content-encoding')) return;
  const bytes = new Uint8Array(await c.res.arrayBuffer());
  const isWorthIt = bytes.length >= leastBytes;
  c.res = new Response(isWorthIt ? await packings[coding](bytes) : bytes, c.res);
  c.res.headers.append('vary', 'Accept-Encoding');
  if (!isWorthIt) return;
  c.res.headers.set('content-encoding', coding);
  c.res.headers.delete('content-length');
  const etag = c.res.headers.get('etag');
  // RFC 9110, 8.8.1: a strong tag would say that these are the same bytes.
  if (etag?.startsWith('"')) c.res.headers.set('etag', `W/${etag}`);
};
