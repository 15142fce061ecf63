import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { hasAlready } from './conditional.ts';
import type { RouteEnv } from './define-route.ts';

/** A value as the text that is sent, and the tag by which clients know that they have it. */
export type JsonText = Readonly<{ text: string; etag: string }>;

/** Prepares what anybody may ask for any number of times. */
export function jsonText(value: unknown): JsonText {
  const text = JSON.stringify(value);
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
}

/** Sends it, or 304 to whom has it already. */
export function answerText(c: Context<RouteEnv>, { text, etag }: JsonText): Response {
  if (hasAlready(c, etag)) return c.body(null, 304, { etag });
  return c.body(text, 200, { etag, 'content-type': 'application/json' });
}
