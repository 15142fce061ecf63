import type { Context as HonoContext } from 'hono';
import type { Check, RouteEnv } from '../callers/route-env.ts';
import { dataPolicy } from './static-files.ts';

const always: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
  // Pages ask for more, with `allowPage`.
  ['content-security-policy', dataPolicy],
];
const yearSeconds = 31_536_000;

/** Sets what every answer says to browsers. Set before the handler answers: on a finished answer it costs a copy. */
export function setSecureHeaders(c: HonoContext<RouteEnv>): void {
  for (const [name, value] of always) c.header(name, value);
  const { publicUrl, HSTS_SUBDOMAINS } = c.get('ctx').config;
  if (!publicUrl.startsWith('https:')) return;
  // Other names below this one are somebody else's to decide about, unless their owner says so.
  const andBelow = HSTS_SUBDOMAINS === 'true' ? '; includeSubDomains' : '';
  c.header('strict-transport-security', `max-age=${yearSeconds}${andBelow}`);
}

/** Keeps an answer for its asker out of every cache. */
export const keepPrivate: Check = (c) => c.header('cache-control', 'no-store');
