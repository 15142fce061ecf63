import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { answerTagged } from './conditional.ts';
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
  return answerTagged(c, text, { etag });
}
