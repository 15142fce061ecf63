import { crc32 } from 'node:zlib';
import type { Context as HonoContext } from 'hono';
import type { Copy } from '../../market/copy.ts';
import { type MarketRead, mostWaitMs } from '../../market/read-market.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { tenantOfRequest } from '../callers/tenant.ts';
import { answerTagged } from '../http/conditional.ts';
import { publicUrlOf } from '../http/public-url.ts';

const defaultWaitMs = 3_000;

/**
 * Answers from the newest copy: fresh 200; old 200 with `stale` and one refresh; none: waits, then 202.
 * @throws Problem unknown_symbol, market_busy, upstream_unavailable, provider_plan_required or not_configured.
 */
export async function answerRead(c: HonoContext<RouteEnv>, read: MarketRead): Promise<Response> {
  const isKnown = c.var.caller !== undefined;
  const leftMs = Math.max(0, waitMs(c.req.header('prefer')) - (c.var.heldMs ?? 0));
  const reader = { isKnown, waitMs: leftMs, tenant: tenantOfRequest(c) };
  const found = await c.var.reads.read(read, reader);
  if (found.copy) return answer(c, found.copy, found);
  c.header('location', publicUrlOf(c.var.ctx.config, `/jobs/${found.asked.id}`));
  c.header('retry-after', '1');
  return c.json({ job_id: found.asked.id, state: 'waiting' as const }, 202);
}

function answer(
  c: HonoContext<RouteEnv>,
  copy: Copy,
  { freshMs, isStale }: Readonly<{ freshMs: number; isStale: boolean }>,
): Response {
  const ageMs = Math.max(0, c.var.ctx.now().getTime() - copy.observedAtMs);
  const ageSeconds = Math.floor(ageMs / 1_000);
  const leftSeconds = Math.ceil(freshMs / 1_000);
  const json = `${copy.body},"stale":${isStale}}`;
  return answerTagged(c, json, {
    age: String(ageSeconds),
    // News of one moment may be told more of later, by a fetch of fewer days.
    etag: `"${copy.observedAtMs.toString(36)}-${crc32(json).toString(36)}"`,
    'cache-status': `orderflow; hit; ttl=${leftSeconds}`,
    // Whoever keeps it takes its age from that.
    'cache-control': `public, max-age=${leftSeconds > 0 ? ageSeconds + leftSeconds : 0}`,
  });
}

/** `Prefer: wait=N` in milliseconds; anything else counts as the default. */
function waitMs(prefer: string | undefined): number {
  const named = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/.exec(prefer ?? '')?.[1];
  return Math.min(named === undefined ? defaultWaitMs : Number(named) * 1_000, mostWaitMs);
}
