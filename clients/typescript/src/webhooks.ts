import type { AnyEvent } from './generated/events.ts';
import { parsed } from './trust.ts';

export type { AnyEvent } from './generated/events.ts';

/** A webhook that has come: the headers and the body exactly as received, and how it is to be judged. */
export type ReceivedWebhook = Readonly<{
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  body: string | Uint8Array;
  /** The endpoint's secret, `whsec_…`; several while one replaces the other. */
  secret: string | readonly string[];
  /** How far its clock may be from ours, either way. Default: five minutes. */
  toleranceSeconds?: number;
  now?: Date;
}>;

/** The webhook is not from the platform, too old, or not for this endpoint. */
export class BadSignature extends Error {
  override readonly name = 'BadSignature';
}

/**
 * Verifies a webhook after the convention of Standard Webhooks, and returns its event. It may come more than once: `event.id` tells.
 * @throws BadSignature
 */
export async function verifyWebhook(received: ReceivedWebhook): Promise<AnyEvent> {
  const { headers, secret, toleranceSeconds = 300, now = new Date() } = received;
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    header(headers, `webhook-${name}`),
  );
  if (!id || !timestamp || !signatures)
    throw new BadSignature('webhook-id, -timestamp and -signature do not all stand there');
  if (!/^\d{1,12}$/.test(timestamp)) throw new BadSignature('webhook-timestamp is no time');
  if (Math.abs(now.getTime() / 1_000 - Number(timestamp)) > toleranceSeconds)
    throw new BadSignature(`webhook-timestamp is more than ${toleranceSeconds} s from now`);
  const body =
    typeof received.body === 'string'
      ? received.body
      : new TextDecoder('utf-8', { ignoreBOM: true }).decode(received.body);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const one of [secret].flat()) if (await isSigned(one, signed, signatures)) return parsed<AnyEvent>(body);
  throw new BadSignature('no webhook-signature was made with this secret');
}

/** Compares in constant time, as WebCrypto does. */
async function isSigned(secret: string, signed: Uint8Array<ArrayBuffer>, signatures: string): Promise<boolean> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secretBytes(secret), algorithm, false, ['verify']);
  for (const signature of signatures.split(' ')) {
    const [, given = ''] = /^v1,(.+)$/.exec(signature) ?? [];
    const bytes = bytesOf(given);
    if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, signed))) return true;
  }
  return false;
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(secret.replace(/^whsec_/, ''));
  if (!bytes || bytes.length === 0)
    throw new TypeError('A secret is `whsec_` and base64; compare it with the endpoint’s.');
  return bytes;
}

/** What base64 stands for; undefined when it is none. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function header(headers: ReceivedWebhook['headers'], name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = Object.entries(headers).find(([one]) => one.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value : value?.[0];
}
