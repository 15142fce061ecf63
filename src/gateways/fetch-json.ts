import { jsonDepth } from '../json-depth.ts';
import { type FetchOptions, httpGet, type HttpAnswer, TooLarge } from './http-get.ts';

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
