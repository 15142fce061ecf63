import type { Context as HonoContext } from 'hono';
import type { RouteEnv } from './define-route.ts';

// An entity tag of RFC 9110, weak or strong; it may hold commas.
const tags = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Whether who asks has what bears this tag, by its `If-None-Match`: `*` is whatever there is, and weak tags are as good (RFC 9110, 13.1.2). */
export function hasAlready(c: HonoContext<RouteEnv>, etag: string): boolean {
  const had = c.req.header('if-none-match')?.trim() ?? '';
  return had === '*' || Array.from(had.matchAll(tags), ([, tag]) => tag).includes(etag);
}
