import { Problem } from '../errors.ts';
import type { Redis } from '../redis/client.ts';
import { isForPeople, lanes, type Lane } from '../jobs/queues.ts';
import type { Tenant } from '../jobs/shares.ts';
import { loadScript } from '../redis/scripts.ts';

/** Who waits for which fetch: at most 500 wait, and one that nobody has asked for within 30 s is not worth a call. */
export type Asks = Readonly<{
  /**
   * Notes that someone wants `name`; false when 500 others already wait, and in the background 400. For somebody logged in
   * whoever is least in a hurry loses their place, so that nobody else can be too many for them. Within a lane, the tenant with the
   * most loses one to a tenant who has fewer. Each lane behind the first has twenty places of its own, however many others wait; but
   * nobody logged in who has no more than twenty loses one to them, or is refused because of them.
   */
  admit(name: string, lane?: Lane, tenant?: Tenant): Promise<boolean>;
  /** Says that someone still wants `name`, if it was admitted. */
  renew(name: string): Promise<void>;
  /** Whether someone has wanted `name` within the last 30 s. */
  isWanted(name: string): Promise<boolean>;
  /** Whether, of those, there are others than the watchlist. */
  isForPeople(name: string): Promise<boolean>;
  /** The fetch is over: its place is free. */
  end(name: string): Promise<void>;
}>;

const wantedMs = 30_000;
const most = 500;
// However much is polled, there are places for who asks.
const mostInBackground = 400;
// Enough for whose turn comes within the 30 s, and with all lanes a sixth of the places.
const ownPlaces = 20;

// For each lane, the first first, a sorted set of names by the moment until which they are wanted, on Redis's clock. A name
// is in one of them, the first of those in which it is wanted. The first lane's is named as all were before there were lanes,
// and is the tag of the others.
const keys = lanes.map(({ priority }) => (priority === 0 ? 'market:asks' : `{market:asks}:${priority}`));
// Who has asked first for each name in the lane in which it is, where that is anybody's.
const askers = '{market:asks}:tenants';
const first: Lane = lanes[0].name;

const script = <const Name extends string>(name: string, names: readonly Name[]) =>
  loadScript(new URL(`./asks/${name}.lua`, import.meta.url), ['lanes', 'name', ...names]);
const admit = script('admit', ['lane', 'places', 'wantedMs', 'tenant', 'mostPlaces', 'ownPlaces']);
const renew = script('renew', ['wantedMs']);
const place = script('place', []);
const end = script('end', []);

/** Opens the list of who waits, shared by all processes. */
export function openAsks(redis: Redis): Asks {
  const asked = (name: string) => ({ lanes: keys, name, wantedMs });
  return {
    async admit(name, lane = first, tenant = '') {
      const given = lanes.findIndex((some) => some.name === lane) + 1;
      const places = isForPeople(lane) ? most : mostInBackground;
      const owned = { ...asked(name), lanes: [...keys, askers], tenant, mostPlaces: most, ownPlaces };
      return (await admit(redis, { ...owned, lane: given, places })) === 1;
    },
    renew: async (name) => void (await renew(redis, asked(name))),
    isWanted: async (name) => (await place(redis, asked(name))) !== 0,
    async isForPeople(name) {
      const found = lanes[Number(await place(redis, asked(name))) - 1];
      return found !== undefined && found.name !== 'watchlist';
    },
    end: async (name) => void (await end(redis, { ...asked(name), lanes: [...keys, askers] })),
  };
}

/** After so long whoever was turned away asks again, where nothing says more. */
export const busyRetrySeconds = 5;

/** So many wait already that one more is not admitted. */
export function marketBusy(): Problem {
  return new Problem('market_busy', 'Five hundred symbols already wait for the provider.', {
    headers: { 'retry-after': String(busyRetrySeconds) },
  });
}
