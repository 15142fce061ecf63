/** An upstream answered, in time and within bounds; `body` is parsed JSON, not yet checked against a schema. */
export type JsonAnswer = Readonly<{ status: number; headers: Headers; body: unknown }>;

/** Headers and the moment at which to stop waiting. */
export type FetchOptions = Readonly<{ headers?: Record<string, string>; signal: AbortSignal }>;

/** An upstream did not answer properly. It may work the next time. */
export class UpstreamFault extends Error {
  override name = 'UpstreamFault';
  /** The answer's status, if there was one. */
  readonly status: number | undefined;
  readonly headers: Headers | undefined;

  constructor(message: string, answer?: Response, options?: ErrorOptions) {
    super(message, options);
    this.status = answer?.status;
    this.headers = answer?.headers;
  }
}

const mostBytes = 2 * 1024 * 1024;

/**
 * Gets JSON of at most 2 MiB (counted after decompression), without following redirects.
 * `name` stands for the URL in messages: a URL may carry what must not be told.
 * @throws UpstreamFault for everything but JSON in an answer below 500.
 */
export async function fetchJson(name: string, url: URL, options: FetchOptions): Promise<JsonAnswer> {
  const { answer, text } = await fetchText(name, url, options);
  try {
    return { status: answer.status, headers: answer.headers, body: JSON.parse(text) };
  } catch (error) {
    throw new UpstreamFault(`${name} answered ${answer.status} without JSON`, answer, { cause: error });
  }
}

/** Gets text as {@link fetchJson} gets JSON. @throws UpstreamFault for everything but an answer below 500. */
export async function fetchText(name: string, url: URL, options: FetchOptions) {
  const answer = await fetch(url, { ...options, redirect: 'manual' }).catch((error: unknown) => {
    throw new UpstreamFault(`${name} did not answer`, undefined, { cause: error });
  });
  const text = await readBounded(name, answer);
  if (answer.status >= 500) throw new UpstreamFault(`${name} answered ${answer.status}`, answer);
  if (answer.status >= 300 && answer.status < 400) throw new UpstreamFault(`${name} redirects elsewhere`, answer);
  return { answer, text };
}

async function readBounded(name: string, answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    const chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[] = answer.body ?? [];
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes > mostBytes) break;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw new UpstreamFault(`${name} broke off`, answer, { cause: error });
  }
  if (bytes > mostBytes) throw new UpstreamFault(`${name} sent more than ${mostBytes} bytes`, answer);
  return text + decoder.decode();
}
