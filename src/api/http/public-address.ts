import type { Config } from '../../config.ts';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { Problem } from '../../errors.ts';
import type { RouteEnv } from '../callers/route-env.ts';

/**
 * Where callers find a path of ours, as `Location` says it: under PUBLIC_URL, path prefix included; where that is not set, by the
 * path alone, which is right at whatever address they have asked.
 */
export function publicAddress({ PUBLIC_URL, publicUrl }: Config, path: string): string {
  return PUBLIC_URL === undefined ? path : `${publicUrl}${path}`;
}

// Names and addresses that no other site's name can lead to.
const local = /^(localhost|[\w-]+(\.[\w-]+)*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
// Probes ask by whatever address they have, and learn nothing of anybody.
const probes = /^\/(healthz|readyz)\/?$/;
const Raw = z.object({ incoming: z.object({ rawHeaders: z.array(z.string()) }) });

/**
 * Refuses requests to hosts that are not this deployment's: those of ALLOWED_HOSTS, in development this machine's names. A
 * page of another site can have its own name lead here, and would then count as of the same origin.
 */
export function refuseForeignHosts(config: Config): MiddlewareHandler<RouteEnv> {
  const isAllowed = allowedBy(config);
  return async (c, next) => {
    if (hostHeaders(c) > 1) throw new Problem('ambiguous_host', 'The request has more than one Host header.');
    // The first line of a request may name a host too, which counts more than the header.
    const named = [new URL(c.req.url).host, ...[c.req.header('host') ?? []].flat()];
    if (!named.every(isAllowed) && !probes.test(c.req.path))
      throw new Problem('foreign_host', 'This host is not answered here.');
    await next();
  };
}

function allowedBy({ ALLOWED_HOSTS, NODE_ENV, publicUrl }: Config): (host: string) => boolean {
  if (ALLOWED_HOSTS === undefined && NODE_ENV !== 'development') return () => true;
  const own = new URL(publicUrl).host;
  const listed = new Set((ALLOWED_HOSTS ?? [own]).map((host) => host.toLowerCase()));
  return (given) => {
    const host = given.toLowerCase();
    const name = host.replace(/:\d*$/, '').replace(/\.$/, '');
    return listed.has(host) || listed.has(name) || (ALLOWED_HOSTS === undefined && local.test(name));
  };
}

/** How many Host headers came over the wire; the server keeps the first and says nothing of others. */
function hostHeaders(c: HonoContext<RouteEnv>): number {
  const { incoming } = Raw.safeParse(c.env).data ?? {};
  return (incoming?.rawHeaders ?? []).filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host').length;
}
