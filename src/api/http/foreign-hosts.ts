import type { Config } from '../../config.ts';
import { Problem } from '../../errors.ts';
import type { Check } from '../callers/route-env.ts';
import { incomingOf } from './incoming.ts';

// Names and addresses that no other site's name can lead to.
const local = /^(localhost|[\w-]+(\.[\w-]+)*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
// Probes ask by whatever address they have, and learn nothing of anybody.
const probes = /^\/(healthz|readyz)\/?$/;

/**
 * Refuses requests to hosts that are not this deployment's: those of ALLOWED_HOSTS, in development this machine's names. A
 * page of another site can have its own name lead here, and would then count as of the same origin.
 */
export function refuseForeignHosts(config: Config): Check {
  const isAllowed = allowedBy(config);
  return (c) => {
    if (hostHeaders(c.env) > 1) throw new Problem('ambiguous_host', 'The request has more than one Host header.');
    if (isAllowed && !hostsOf(c.req.url, c.req.header('host')).every(isAllowed) && !probes.test(c.req.path))
      throw new Problem('foreign_host', 'This host is not answered here.');
  };
}

/** The hosts that a request names: in its header, and in its first line, which counts more. */
function hostsOf(url: string, named: string | undefined): string[] {
  if (named !== undefined && url.startsWith(`${named}/`, url.indexOf('//') + 2)) return [named];
  return [new URL(url).host, ...(named === undefined ? [] : [named])];
}

/** Whether a host is answered; undefined where every one is. */
function allowedBy({ ALLOWED_HOSTS, NODE_ENV, publicUrl }: Config): ((host: string) => boolean) | undefined {
  if (ALLOWED_HOSTS === undefined && NODE_ENV !== 'development') return undefined;
  const own = new URL(publicUrl).host;
  const listed = new Set((ALLOWED_HOSTS ?? [own]).map((host) => host.toLowerCase()));
  return (given) => {
    const host = given.toLowerCase();
    const name = host.replace(/:\d*$/, '').replace(/\.$/, '');
    return listed.has(host) || listed.has(name) || (ALLOWED_HOSTS === undefined && local.test(name));
  };
}

/** How many Host headers came over the wire; the server keeps the first and says nothing of others. */
function hostHeaders(env: unknown): number {
  const told = incomingOf(env)?.rawHeaders ?? [];
  let count = 0;
  // Names and values take turns.
  for (let index = 0; index < told.length; index += 2) if (told[index]?.toLowerCase() === 'host') count += 1;
  return count;
}
