import type { Credentials } from './credentials.ts';
import { NoAnswer } from './refusals.ts';
import { isAddress, refuseUnsendable, Unsendable } from './unsendable.ts';

/**
 * Sends one request with the credentials. @throws what `fetch` throws when there is no answer; Refused or NoAnswer when a login on the
 * way was refused or not answered: then the request itself has not been carried out; Unsendable when there can be none
 */
export type Send = (path: string, init: Init) => Promise<Response>;

type Init = Omit<RequestInit, 'headers'> & Readonly<{ headers: Readonly<Record<string, string>> }>;

/** Opens the way to the API; a token that has ended is replaced once, where that can be. */
export function openSend(url: string, credentials: Credentials, fetch: typeof globalThis.fetch): Send {
  const base = url.replace(/\/+$/, '');
  // Another `fetch` may have places of its own.
  const isReachable = fetch !== globalThis.fetch || isAddress(base);
  const send = async (token: string | undefined, path: string, init: Init) => {
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // The API redirects nobody, and a token belongs to it alone.
    const headers = { ...init.headers, ...authorization };
    refuseUnsendable(headers);
    if (!isReachable)
      throw new Unsendable('url', 'the url must begin with http:// or https:// and name a host, and no user');
    return endedBy(init.signal, await fetch(base + path, { redirect: 'error', ...init, headers }));
  };
  return async (path, init) => {
    const token = await tokenOf(credentials, init.signal);
    const response = await send(token, path, init);
    if (response.status !== 401 || token === undefined || !credentials.hasAnother(token)) return response;
    await response.body?.cancel();
    return send(await tokenOf(credentials, init.signal), path, init);
  };
}

/** The answer, of which the signal ends the body too: the `fetch` of Node 20 forgets it once the answer has begun. */
function endedBy(signal: Init['signal'], answer: Response): Response {
  if (!signal || !answer.body) return answer;
  return new Response(answer.body.pipeThrough(new TransformStream(), { signal }), answer);
}

/** The token, as long as the signal lets one wait for it: the login that brings it goes on for whoever else needs it. */
async function tokenOf(credentials: Credentials, signal: Init['signal']): Promise<string | undefined> {
  let leave = () => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(new NoAnswer('the login has not been answered', { cause: signal?.reason }));
  });
  if (signal?.aborted) leave();
  signal?.addEventListener('abort', leave);
  try {
    return await Promise.race([credentials.token(), left]);
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}
