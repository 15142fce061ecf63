import type { Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import { jsonDepth } from '../../process/json-depth.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { mostFaults } from './problem.ts';
import { pointerTo } from './refuse-invalid.ts';

const usualBytes = 64 * 1024;
const mostDepth = 32;
const isJson = /^application\/json(\s*;\s*charset="?utf-8"?)?\s*$/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether a body may be left out, how long it may be, and whether its text is signed, so that its route reads that first. */
type BodyLimits = Readonly<{ isOptional?: boolean; mostBytes?: number | undefined; isSigned?: boolean | undefined }>;

/**
 * Reads a JSON body of at most `mostBytes`, counted while reading, and returns what it says; `{}`, where it may be left out and is. Its
 * text is kept for who reads it in a way of their own. @throws Problem what is wrong with it, whatever it should have said
 */
export async function readJsonBody(
  c: HonoContext<RouteEnv>,
  { isOptional = false, mostBytes = usualBytes, isSigned = false }: BodyLimits,
): Promise<unknown> {
  const bytes = await readBounded(c.req.raw, mostBytes).catch(refuseBroken);
  const type = c.req.header('content-type');
  if (type === undefined ? bytes.length > 0 : !isJson.test(type))
    throw new Problem('unsupported_media_type', 'Send application/json in UTF-8.');
  if (isPacked(c.req.header('content-encoding')))
    throw new Problem('unsupported_media_type', 'Send the body as it is, without a Content-Encoding.', {
      headers: { 'accept-encoding': 'identity' },
    });
  const text = isOptional && bytes.length === 0 ? '{}' : decode(bytes);
  if (jsonDepth(text) > mostDepth)
    throw new Problem('malformed_json', `The body is nested deeper than ${mostDepth} levels.`);
  // Hono keeps what has been read as a promise, whatever its types say.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) });
  const body = parse(text);
  // Bytes of half a character are no UTF-8: there is none but by an escape. Whoever signs a body sends it again and again until it is
  // taken, whatever the texts in it are that nobody here reads.
  if (!isSigned && surrogate.test(text)) refuseHalves(body);
  return body;
}

const surrogate = /\\u[dD][89a-fA-F]/;

/** Half a character would be stored as another sign, so that different texts became the same. @throws Problem invalid */
function refuseHalves(body: unknown): void {
  const errors = [...halvesIn(body, [])].slice(0, mostFaults).map((at) => ({
    pointer: pointerTo(at),
    detail: 'holds half a character: a surrogate without the other of its pair',
  }));
  if (errors.length > 0) throw new Problem('invalid', 'The body holds what is no text; see errors.', { errors });
}

function* halvesIn(value: unknown, at: readonly string[]): Generator<readonly string[], void> {
  if (typeof value === 'string' && !value.isWellFormed()) yield at;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value))
    if (name.isWellFormed()) yield* halvesIn(part, [...at, name]);
    else yield [...at, name];
}

/** The text of a body that nobody reads, a character a byte; null where there is none. @throws Problem too_large */
export async function unreadBody(c: HonoContext<RouteEnv>): Promise<string | null> {
  const bytes = await readBounded(c.req.raw, usualBytes).catch(refuseBroken);
  return bytes.length === 0 ? null : bytes.toString('latin1');
}

/** Whether a body is said to be packed. None is unpacked here: a few bytes could become any number of them. */
function isPacked(codings: string | undefined): boolean {
  return codings !== undefined && codings.split(',').some((coding) => !/^\s*(?:identity)?\s*$/i.test(coding));
}

async function readBounded(request: Request, mostBytes: number): Promise<Buffer> {
  const told = request.headers.get('content-length');
  // Before the body is touched: the server forgets an untouched one faster than one that is being read.
  if (Number(told ?? 0) > mostBytes) throw tooLarge(mostBytes);
  // No more than was told can come, and a body that is read as a whole needs no stream, which costs more than all the rest.
  if (told !== null) return Buffer.from(await request.arrayBuffer());
  const { body } = request;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const parts: AsyncIterable<Uint8Array> | undefined = body?.values({ preventCancel: true });
  for await (const part of parts ?? []) {
    chunks.push(part);
    length += part.byteLength;
    if (length > mostBytes) break;
  }
  if (length <= mostBytes) return Buffer.concat(chunks, length);
  // The refusal goes out at once. What is left is read and forgotten, so that the connection can be used again; the
  // server ends a connection whose rest takes longer than half a second.
  body?.pipeTo(new WritableStream()).catch(() => {});
  throw tooLarge(mostBytes);
}

// The sender went away, or was too slow: nobody's fault here, and hardly anybody is there to hear it.
function refuseBroken(error: unknown): never {
  throw error instanceof Problem
    ? error
    : new Problem('malformed_json', 'The body did not arrive whole.', { cause: error });
}

function tooLarge(mostBytes: number): Problem {
  return new Problem('too_large', `A body may have ${mostBytes} bytes.`);
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Problem('malformed_json', 'The body is not UTF-8.', { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('malformed_json', 'The body is not JSON.', { cause: error });
  }
}
