import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { RouteEnv } from '../callers/route-env.ts';
import { hash } from 'node:crypto';

/** What says that a client has an answer already, and how long it may keep it; `etag` in quotes. */
export type Tagged = Readonly<{ etag: string; [header: string]: string }>;

// RFC 9110, 8.8.3: what stands between the quotes may be anything but a quote, a comma or a blank included.
const tag = /(?:W\/)?("[\x21\x23-\x7E\x80-\xFF]*")/g;
const list = /^[ \t,]*(?:(?:W\/)?"[\x21\x23-\x7E\x80-\xFF]*"[ \t]*(?:,[ \t,]*|$))*$/;

/** The header by which a client knows an answer again, as OpenAPI describes it. */
export const TagHeader = z.object({ ETag: z.string() });

/** What is answered to whom has it already. */
export const alreadyThere = {
  description: 'The copy that If-None-Match names is still the newest.',
  headers: TagHeader,
} as const;

/** Sends JSON, or 304 to whom has it already. */
export function answerTagged(c: Context<RouteEnv>, json: string, headers: Tagged): Response {
  if (isKnown(c.req.header('if-none-match'), headers.etag)) return c.body(null, 304, headers);
  return c.body(json, 200, { ...headers, 'content-type': 'application/json' });
}

/** RFC 9110, 13.1.2: any answer is meant by `*`, else those in the list, by weak comparison. What is no list names none. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const named = ifNoneMatch?.trim();
  if (named === undefined || named === '') return false;
  if (named === '*') return true;
  if (!list.test(named)) return false;
  return [...named.matchAll(tag)].some(([, opaque]) => opaque === etag.replace(/^W\//, ''));
}

/** A value as the text that is sent, and the tag by which clients know that they have it. */
export type JsonText = Readonly<{ text: string; etag: string }>;

/** Prepares what anybody may ask for any number of times. */
export function jsonText(value: unknown): JsonText {
  const text = JSON.stringify(value);
  return { text, etag: `"${hash('sha256', text, 'base64url').slice(0, 22)}"` };
}

/** Sends it, or 304 to whom has it already. */
export function answerText(c: Context<RouteEnv>, { text, etag }: JsonText): Response {
  return answerTagged(c, text, { etag });
}
