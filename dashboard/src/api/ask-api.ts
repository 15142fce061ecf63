import { doubt } from './doubt.ts';
import { askForFreshLogin } from './fresh-login.ts';
import { Refused, refusalOf, refuseSilence } from './refused.ts';
import { keyOf, settle, type Wish } from './wish.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Request = Readonly<{
  method: Method;
  path: string;
  body?: object | undefined;
  key?: string;
  accept?: string;
  patienceMs?: number;
}>;

// Longer than the API itself waits for anything; a process that hangs is not waited for.
const usualPatienceMs = 15_000;
// All the orders that there are.
const filePatienceMs = 600_000;

/**
 * Asks the API that served this page, as whoever the session cookie belongs to.
 * @throws Refused with the problem's own sentence, or one about the connection.
 */
export async function ask<T>(method: Method, path: string, body?: object): Promise<T> {
  return parsed<T>(await send({ method, path, body }));
}

/** Reads something that must not be waited for. @throws Refused also when there is no answer within `patienceMs`. */
export async function askQuickly<T>(path: string, patienceMs: number): Promise<T> {
  return parsed<T>(await send({ method: 'GET', path, patienceMs }));
}

/** Reads all of something in another form than the page's own. @throws Refused */
export async function askForFile(path: string, type: string): Promise<Blob> {
  const answer = await send({ method: 'GET', path, accept: type, patienceMs: filePatienceMs });
  return answer.blob().catch(refuseSilence);
}

/** An answer, and whether it is the one to an earlier request that got lost on its way. */
export type Once<T> = Readonly<{ answer: T; wasLost: boolean }>;

/** What is to be said of an answer: nothing, but where it is the one to an earlier click. */
export function lossOf({ wasLost }: Pick<Once<unknown>, 'wasLost'>): string {
  return wasLost ? 'It had been done already: only the answer to your first click was lost.' : '';
}

/**
 * Asks for something that must be done once: until the API has answered, it is asked for under one Idempotency-Key,
 * however often somebody clicks and whatever has become of the answers. Where "once" is once for what was `seen`, that belongs to it.
 * @throws Refused
 */
export async function askOnce<T>(path: string, body: object, seen?: Wish['seen']): Promise<Once<T>> {
  const wish = { path, body, seen };
  const key = keyOf(wish);
  try {
    const response = await send({ method: 'POST', path, body, key });
    const answer = await parsed<T>(response);
    settle(wish, key);
    return { answer, wasLost: response.headers.has('idempotent-replayed') };
  } catch (error) {
    if (error instanceof Refused && !error.isUndecided) settle(wish, key);
    throw error;
  }
}

async function send(asked: Request): Promise<Response> {
  const { method, path, body, key, accept, patienceMs = usualPatienceMs } = asked;
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  if (key !== undefined) headers['idempotency-key'] = key;
  if (accept !== undefined) headers['accept'] = accept;
  const signal = AbortSignal.timeout(patienceMs);
  const request = { method, headers, signal, ...(body && { body: JSON.stringify(body) }) };
  const answer = await fetch(path, request).catch(refuseSilence);
  if (answer.ok) return answer;
  const refusal = await refusalOf(answer);
  if (refusal.code === 'fresh_login_required' && (await askForFreshLogin())) return send(asked);
  if (answer.status === 403 || refusal.code === 'unauthenticated') doubt();
  throw refusal;
}

// The types of the views are the API's own, and page and API are built from one commit: T is what the route declares.
async function parsed<T>(answer: Response): Promise<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return (answer.status === 204 ? undefined : await answer.json().catch(refuseSilence)) as T;
}
