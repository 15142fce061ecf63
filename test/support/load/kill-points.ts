import type { Trap } from '../upstreams/holding-proxy.ts';
import type { SandboxHold } from '../upstreams/sandbox-control.ts';

/** Who is killed while a byte is held: the process that says or awaits it, a server, the gateway, or everything but that at once. */
export type Victim = 'process' | 'mysql' | 'redis' | 'gateway' | 'everything';

/** Where a byte can be held: between a process and MySQL or Redis by a proxy, between it and the gateway by the sandbox. */
type Place = Readonly<{ link: 'mysql' | 'redis'; trap: Trap }> | Readonly<{ link: 'gateway'; hold: SandboxHold }>;

/** A moment between an order, its charge, and the commit of what came of it. */
export type KillPoint = Readonly<{ name: string; role: 'api' | 'worker'; place: Place; victims: readonly Victim[] }>;

// A MySQL packet: three bytes of length, one of sequence, one that says it is a query; MySQL itself, other than MariaDB, has two more
// about attributes of the query, of which there are none. What a transaction writes last travels with its COMMIT.
export const commit = /(?:^(?:[^]{5}|[^]{7})|; )commit$/;
const order = { after: /insert into `orders`/, on: commit };
const intent = { on: /insert into `gateway_calls`[^]*; commit$/ };
const outcome = { after: /update `orders` set `status` = '(paid|payment_failed)'/, on: commit };
const charge = { target: 'stripe', path: '/v1/payment_intents' } as const;

const mysql = (trap: Trap): Place => ({ link: 'mysql', trap });
const redis = (trap: Trap): Place => ({ link: 'redis', trap });
const gateway = (phase: SandboxHold['phase']): Place => ({ link: 'gateway', hold: { ...charge, phase } });

// Where the gateway knows more than MySQL does.
const charged = gateway('after');
const lastWord = mysql({ ...outcome, side: 'request' });

const places: readonly Omit<KillPoint, 'victims'>[] = [
  { role: 'api', name: 'order written, not committed', place: mysql({ ...order, side: 'request' }) },
  { role: 'api', name: 'order committed, its writer has not heard', place: mysql({ ...order, side: 'answer' }) },
  { role: 'api', name: 'event not on its stream', place: redis({ on: /order\.created/, side: 'request' }) },
  { role: 'api', name: 'job not on its queue', place: redis({ on: /charge-order/, side: 'request' }) },
  {
    role: 'api',
    name: 'job on its queue, the relay has not heard',
    place: redis({ on: /charge-order/, side: 'answer' }),
  },
  { role: 'worker', name: 'intent written, not committed', place: mysql({ ...intent, side: 'request' }) },
  { role: 'worker', name: 'intent committed, nobody has heard', place: mysql({ ...intent, side: 'answer' }) },
  { role: 'worker', name: 'gateway asked, not charged', place: gateway('before') },
  { role: 'worker', name: 'gateway charged, not answered', place: charged },
  { role: 'worker', name: 'outcome written, not committed', place: lastWord },
  { role: 'worker', name: 'outcome committed, nobody has heard', place: mysql({ ...outcome, side: 'answer' }) },
  { role: 'worker', name: 'outcome not announced', place: redis({ on: /order\.paid/, side: 'request' }) },
  { role: 'worker', name: 'job done, still on its queue', place: redis({ on: /"payment_status"/, side: 'request' }) },
];

/** In the order in which an order passes them. */
export const killPoints: readonly KillPoint[] = places.map((point) => {
  const { link } = point.place;
  const isCharged = point.place === charged || point.place === lastWord;
  const servers: readonly Victim[] = link === 'gateway' || isCharged ? ['mysql', 'redis'] : [link];
  const all: readonly Victim[] = isCharged ? ['everything'] : [];
  return { ...point, victims: ['process', ...servers, ...all] };
});
