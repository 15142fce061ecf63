import type { Context } from 'hono';
import type { RouteEnv } from './define-route.ts';

/** Answers JSON that is a text already: what anybody may ask for any number of times is made once. */
export function jsonText(c: Context<RouteEnv>, text: string): Response {
  return c.body(text, 200, { 'content-type': 'application/json' });
}
