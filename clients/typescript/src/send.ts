import type { Credentials } from './credentials.ts';

/** Sends one request with the credentials. @throws what `fetch` throws when there is no answer */
export type Send = (path: string, init: Init) => Promise<Response>;

type Init = Omit<RequestInit, 'headers'> & Readonly<{ headers: Readonly<Record<string, string>> }>;

/** Opens the way to the API; a token that has ended is replaced once, where that can be. */
export function openSend(url: string, credentials: Credentials, fetch: typeof globalThis.fetch): Send {
  const base = url.replace(/\/+$/, '');
  const send = async (token: string | undefined, path: string, init: Init) => {
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // The API redirects nobody, and a token belongs to it alone.
    return fetch(base + path, { redirect: 'error', ...init, headers: { ...init.headers, ...authorization } });
  };
  return async (path, init) => {
    const token = await credentials.token();
    const response = await send(token, path, init);
    if (response.status !== 401 || token === undefined || !credentials.hasAnother(token)) return response;
    await response.body?.cancel();
    return send(await credentials.token(), path, init);
  };
}
