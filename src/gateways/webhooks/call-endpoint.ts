import { lookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { startTimeout } from '../../process/deadline.ts';
import { isPublicAddress, refusalOf } from './public-address.ts';

/** What an endpoint is sent. */
export type Message = Readonly<{ url: string; headers: Readonly<Record<string, string>>; body: string }>;

/** What came of a call: the status it was answered with, or why there was none. */
export type Answer = Readonly<{ status: number } | { error: string }>;

/** Posts to endpoints of others. It never throws: whatever goes wrong there is an answer. */
export type CallEndpoint = (message: Message, signal: AbortSignal) => Promise<Answer>;

/** Finds the addresses of a public name. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

const longestMs = 10_000;
// Nobody looks at what an endpoint answers; a little is read, so that the connection can be used again.
const mostAnswerBytes = 16_384;
// The answer's end has to come with it: a connection that waits for more is of no use, and one a delivery would be too many.
const longestRestMs = 2_000;

/**
 * Opens calls to endpoints. Only public addresses are called, those of `allowed` hosts excepted; the address that has been looked
 * at is the one connected to, so that a name which changes its mind gains nothing. Redirects are not followed.
 */
export function openEndpoints(
  allowed: readonly string[],
  resolveName: ResolveName = openResolver(),
  timeoutMs = longestMs,
): CallEndpoint {
  const pool = { keepAlive: true, maxFreeSockets: 256, timeout: timeoutMs };
  const agents = { 'http:': new HttpAgent(pool), 'https:': new HttpsAgent(pool) };
  const lookUp = lookupOf(allowed, resolveName);
  const begin = (url: URL, headers: Record<string, string>, signal: AbortSignal) => (isAnew: boolean) => {
    const options = { method: 'POST', headers, signal, lookup: lookUp };
    return url.protocol === 'https:'
      ? requestHttps(url, { ...options, agent: isAnew ? false : agents['https:'] })
      : requestHttp(url, { ...options, agent: isAnew ? false : agents['http:'] });
  };
  return async ({ url: address, headers, body }, stop) => {
    const url = new URL(address);
    const refusal = refusalOf(url, allowed);
    if (refusal !== undefined) return { error: `the address ${refusal}` };
    const timeout = startTimeout(timeoutMs);
    const signal = AbortSignal.any([stop, timeout.signal]);
    const length = String(Buffer.byteLength(body));
    const all = { 'content-type': 'application/json', 'content-length': length, 'user-agent': 'Orderflow', ...headers };
    try {
      return { status: await statusOf(begin(url, all, signal), body) };
    } catch (error) {
      return { error: signal.aborted ? 'no answer in time' : sentenceOf(error) };
    } finally {
      timeout.clear();
    }
  };
}

/** The status of the answer. A kept connection that its server was just closing is no answer: then a new one is asked. */
async function statusOf(begin: (isAnew: boolean) => ClientRequest, body: string, isAnew = false): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = begin(isAnew);
  request.on('response', resolve).on('error', reject);
  request.on('close', () => reject(new Error('the connection was closed without an answer')));
  request.end(body);
  try {
    const response = await promise;
    leave(response);
    return response.statusCode ?? 0;
  } catch (error) {
    const isStale = request.reusedSocket && error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
    if (isStale) return await statusOf(begin, body, true);
    throw error;
  }
}

/** Reads the rest of an answer that nobody waits for. */
function leave(response: IncomingMessage): void {
  let bytes = 0;
  const latest = setTimeout(() => response.destroy(), longestRestMs).unref();
  response.on('close', () => clearTimeout(latest));
  response.on('error', () => {});
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostAnswerBytes) response.destroy();
  });
}

function lookupOf(allowed: readonly string[], resolveName: ResolveName): LookupFunction {
  const findPublic = callbackify(async (name: string) => {
    const addresses = await resolveName(name).catch(() => []);
    if (addresses.length === 0) throw new Error('the host cannot be found');
    if (!addresses.every(isPublicAddress)) throw new Error('the host is not a public one');
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  });
  return (name, options, callback) => {
    // Whoever runs this has named these: they may stand in the machine's own table of hosts.
    if (allowed.some((one) => one.toLowerCase() === name.toLowerCase())) return lookup(name, options, callback);
    findPublic(name, (error, found) => {
      const [first] = found ?? [];
      if (!first) callback(error, '');
      else if (options.all) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

// The system's own resolver would keep one of four threads for each slow name, and with them everybody else.
function openResolver(): ResolveName {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return async (name) => {
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (addresses.length === 0) throw new Error('no address');
    return addresses;
  };
}

function sentenceOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return (code ?? (error instanceof Error ? error.message : String(error))).slice(0, 200);
}
