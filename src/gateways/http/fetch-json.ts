import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { jsonDepth } from '../../process/json-depth.ts';

/** An answer that has been read whole. */
export type HttpAnswer = Readonly<{ status: number; headers: Headers; body: Buffer }>;

/** Headers, the moment at which to stop waiting, and the most bytes that such an answer can have. */
export type FetchOptions = Readonly<{ headers?: Record<string, string>; signal: AbortSignal; mostBytes: number }>;

/** An answer is larger than anything that is expected. */
class TooLarge extends Error {
  override name = 'TooLarge';
}

const unpack = promisify(gunzip);

/**
 * One GET, without following redirects. `fetch` would unpack whatever encoding the answer claims to be in, as far as
 * it goes, before anybody can look at it; here nothing holds more than `mostBytes`, and a page about a failure is not read.
 * @throws TooLarge, or an error of the connection.
 */
export async function httpGet(url: URL, { headers = {}, signal, mostBytes }: FetchOptions): Promise<HttpAnswer> {
  const response = await send(url, { accept: '*/*', 'accept-encoding': 'identity', ...headers }, signal);
  const status = response.statusCode ?? 0;
  const answer = { status, headers: headersOf(response) };
  if (status >= 500 || (status >= 300 && status < 400)) {
    response.destroy();
    return { ...answer, body: Buffer.alloc(0) };
  }
  return { ...answer, body: await unpacked(response, await readBounded(response, mostBytes), mostBytes) };
}

function send(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { headers, signal });
  request.on('response', resolve).on('error', reject);
  request.on('close', () => reject(new Error('the connection was closed without an answer')));
  request.end();
  return promise;
}

async function readBounded(response: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early closes the connection.
  for await (const chunk of bodyOf(response, mostBytes)) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error('the body ended before its end');
  return Buffer.concat(chunks);
}

function bodyOf(response: IncomingMessage, mostBytes: number): AsyncIterable<Buffer> {
  if (Number(response.headers['content-length'] ?? 0) <= mostBytes) return response;
  response.destroy();
  throw tooLarge(mostBytes);
}

/** Some servers compress unasked. */
async function unpacked({ headers }: IncomingMessage, body: Buffer, mostBytes: number): Promise<Buffer> {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || body.length === 0) return body;
  if (encoding !== 'gzip') throw new Error(`the body is in an encoding nobody asked for: ${encoding.slice(0, 20)}`);
  return unpack(body, { maxOutputLength: mostBytes }).catch((error: unknown) => {
    throw error instanceof RangeError ? tooLarge(mostBytes) : error;
  });
}

function tooLarge(mostBytes: number): TooLarge {
  return new TooLarge(`more than ${mostBytes} bytes`);
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  return headers;
}

/** An upstream answered, in time and within bounds; `body` is parsed JSON, not yet checked against a schema. */
export type JsonAnswer = Readonly<{ status: number; headers: Headers; body: unknown }>;

/** An upstream did not answer properly. It may work the next time. */
export class UpstreamFault extends Error {
  override name = 'UpstreamFault';
  /** The answer's status, if there was one. */
  readonly status: number | undefined;
  readonly headers: Headers | undefined;

  constructor(message: string, answer?: Pick<HttpAnswer, 'status' | 'headers'>, options?: ErrorOptions) {
    super(message, options);
    this.status = answer?.status;
    this.headers = answer?.headers;
  }
}

const mostDepth = 32;

/**
 * Gets JSON of at most `mostBytes` (counted after decompression) and 32 levels, without following redirects.
 * `name` stands for the URL in messages: a URL may carry what must not be told.
 * @throws UpstreamFault for everything but JSON in an answer below 500.
 */
export async function fetchJson(name: string, url: URL, options: FetchOptions): Promise<JsonAnswer> {
  const { answer, text } = await fetchText(name, url, options);
  // Parsed, a text of nothing but brackets is a hundred times its size.
  if (jsonDepth(text) > mostDepth) throw new UpstreamFault(`${name} answered nested too deeply`, answer);
  try {
    return { status: answer.status, headers: answer.headers, body: JSON.parse(text) };
  } catch (error) {
    throw new UpstreamFault(`${name} answered ${answer.status} without JSON`, answer, { cause: error });
  }
}

/** Gets text as {@link fetchJson} gets JSON. @throws UpstreamFault for everything but an answer below 500. */
export async function fetchText(name: string, url: URL, options: FetchOptions) {
  const answer = await httpGet(url, options).catch((error: unknown) => {
    throw new UpstreamFault(whatFailed(name, error), undefined, { cause: error });
  });
  if (answer.status >= 500) throw new UpstreamFault(`${name} answered ${answer.status}`, answer);
  if (answer.status >= 300 && answer.status < 400) throw new UpstreamFault(`${name} redirects elsewhere`, answer);
  return { answer, text: new TextDecoder().decode(answer.body) };
}

function whatFailed(name: string, error: unknown): string {
  return error instanceof TooLarge ? `${name} sent ${error.message}` : `${name} did not answer`;
}
