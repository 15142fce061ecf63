import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, brotliCompressSync } from 'node:zlib';

/** What can be read from the market. */
export type Kind = 'quote' | 'company' | 'news' | 'forex';

/** How a provider misbehaves where `good` would be right; what it is true for, when not for all kinds. */
export type Fault = Readonly<{
  name: string;
  answer(response: ServerResponse, good: unknown): void;
  only?: readonly Kind[];
  /** Nothing ends it but the caller's patience. */
  isEndless?: true;
}>;

const json = { 'content-type': 'application/json', 'x-ratelimit-limit': '100000', 'x-ratelimit-remaining': '99999' };
const html = { ...json, 'content-type': 'text/html' };
const page = '<!doctype html><title>Just a moment…</title>';
const megabytes50 = Buffer.alloc(50 * 1024 * 1024, ' ');
const gzipBomb = gzipSync(megabytes50);
const brotliBomb = brotliCompressSync(megabytes50.subarray(0, 40 * 1024 * 1024));

/** Answers with a body, JSON unless it is text, and the headers of a plan. */
export function says(status: number, body: unknown, headers: Record<string, string> = {}): Fault['answer'] {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return (response) => response.writeHead(status, { ...json, ...headers }).end(bytes);
}

const changed =
  (change: (good: string) => string | Buffer): Fault['answer'] =>
  (response, good) =>
    response.writeHead(200, json).end(change(JSON.stringify(good)));

/** Writes raw bytes instead of an answer, then closes or resets the connection. */
const raw =
  (bytes: string, end: 'close' | 'reset'): Fault['answer'] =>
  ({ socket }) =>
    socket?.write(bytes, () => (end === 'close' ? socket.end() : socket.resetAndDestroy()));

const numbers = (to: string) => changed((good) => good.replaceAll(/:(\d[\d.]*)/g, `:${to}`));
const tenYearsSeconds = 10 * 365 * 86_400;

// What happens before there is a body is the same for all kinds; how large a body may be is not.
const quotes = ['quote'] as const;
const sizes = ['quote', 'news'] as const;
// Of a company no number has to be known.
const needed = ['quote', 'news', 'forex'] as const;

/** Every way to be hostile that the platform has to bear. */
export const faults: readonly Fault[] = [
  { name: 'a page with status 200', answer: says(200, page, html) },
  { name: 'a page with status 502', only: quotes, answer: says(502, page, html) },
  { name: 'an error with status 200', answer: says(200, { error: "You don't have access to this resource." }) },
  {
    name: 'an error in plain text',
    only: quotes,
    answer: says(200, 'API limit reached.', { 'content-type': 'text/plain' }),
  },
  { name: 'a redirect to a good answer', only: quotes, answer: says(302, '', { location: '/elsewhere' }) },
  { name: 'a permanent redirect', only: quotes, answer: says(308, '', { location: '/elsewhere' }) },
  { name: 'fifty megabytes', only: sizes, answer: (response) => void pour(response) },
  { name: 'a gzip bomb', only: sizes, answer: says(200, gzipBomb, { 'content-encoding': 'gzip' }) },
  { name: 'a brotli bomb', only: sizes, answer: says(200, brotliBomb, { 'content-encoding': 'br' }) },
  { name: 'gzip that is none', only: quotes, answer: says(200, '{"c":1}', { 'content-encoding': 'gzip' }) },
  { name: 'a slow drip', answer: (response) => void drip(response), only: quotes, isEndless: true },
  {
    name: 'headers, then silence',
    answer: (r) => r.writeHead(200, json).flushHeaders(),
    only: quotes,
    isEndless: true,
  },
  { name: 'silence', answer: () => {}, only: quotes, isEndless: true },
  { name: 'JSON cut short', answer: changed((good) => good.slice(0, good.length / 2)) },
  {
    name: 'a reset in the body',
    only: quotes,
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"c":1', 'reset'),
  },
  {
    name: 'a body shorter than said',
    only: quotes,
    answer: raw('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"c":1}', 'close'),
  },
  { name: 'a connection closed at once', only: quotes, answer: raw('', 'close') },
  { name: 'something else than HTTP', only: quotes, answer: raw('SSH-2.0-OpenSSH_9.2\r\n', 'close') },
  { name: 'a flood of headers', only: quotes, answer: says(200, { c: 1 }, { 'x-flood': 'x'.repeat(200_000) }) },
  {
    name: 'an image',
    only: quotes,
    answer: says(200, Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1'), { 'content-type': 'image/png' }),
  },
  { name: 'bytes that are no UTF-8', only: quotes, answer: says(200, Buffer.from([0x22, 0xff, 0xfe, 0x22])) },
  { name: 'nothing', only: quotes, answer: says(200, '') },
  { name: 'no content', only: quotes, answer: (response) => response.writeHead(204, json).end() },
  { name: 'null', answer: says(200, null) },
  { name: 'a number', answer: says(200, 308.82) },
  { name: 'arrays a hundred thousand deep', answer: says(200, '['.repeat(100_000) + ']'.repeat(100_000)) },
  {
    name: 'a list for an object and the reverse',
    answer: (response, good) => says(200, Array.isArray(good) ? { data: good } : [good])(response, good),
  },
  { name: 'numbers as texts', answer: numbers('"$&"'), only: needed },
  { name: 'negative numbers', answer: numbers('-1.5'), only: needed },
  { name: 'numbers that are none', answer: numbers('NaN') },
  { name: 'numbers too large for a double', answer: numbers('1e999'), only: needed },
  { name: 'numbers too large for a price', answer: numbers('1e300'), only: needed },
  {
    name: 'a moment ten years from now',
    answer: changed((good) =>
      good.replaceAll(/"(t|datetime)":(\d+)/g, (_all, key, seconds) => `"${key}":${Number(seconds) + tenYearsSeconds}`),
    ),
    only: ['quote', 'news'],
  },
  { name: 'zeros', answer: numbers('0'), only: quotes },
  { name: 'nothing known', answer: says(200, {}), only: ['company', 'forex'] },
  {
    name: 'the record of another',
    answer: changed((good) => good.replace(/"(ticker|base)":"[^"]+"/, '"$1":"XXX"')),
    only: ['company', 'forex'],
  },
  { name: 'a refused key', answer: says(401, { error: 'Invalid API key.' }) },
  { name: 'not found', only: quotes, answer: says(404, '404 page not found', { 'content-type': 'text/plain' }) },
  { name: 'a status of jokers', only: quotes, answer: says(418, {}) },
  { name: 'a fault of its own', only: quotes, answer: says(500, { error: 'internal' }) },
];

/** What stands in `Retry-After` where seconds should. */
export const oddWaits = ['-5', '0', 'soon', '1.5e-1', 'Thu, 01 Jan 1970 00:00:00 GMT', '', '0x1'] as const;

async function pour(response: ServerResponse): Promise<void> {
  response.writeHead(200, json);
  for (let sent = 0; sent < megabytes50.length && !response.destroyed; sent += 1_048_576)
    await new Promise<void>((done) => response.write(megabytes50.subarray(sent, sent + 1_048_576), () => done()));
  response.end();
}

async function drip(response: ServerResponse): Promise<void> {
  response.writeHead(200, json);
  while (!response.destroyed) {
    response.write(' ');
    await sleep(50);
  }
}
