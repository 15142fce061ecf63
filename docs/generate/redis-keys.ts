import { budgetRedisKeys } from './budget-redis-keys.ts';
import { bullmqKeys } from './bullmq-keys.ts';

/** What a key of Redis is, who keeps it, and for how long. Words in capitals stand for what differs. */
export type RedisKey = Readonly<{
  key: string;
  type: 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream';
  /** The file that writes it. */
  owner: string;
  /** Seconds after which it goes at the latest; undefined: it stays, and `lasts` says what bounds it. */
  mostSeconds?: number;
  lasts: string;
  about: string;
  /** Seen only when something is going on, or has gone wrong. */
  isRare?: true;
}>;

const hour = 3_600;
const day = 24 * hour;
const { streams, market, gateways } = {
  streams: 'src/streams/append.ts',
  market: 'src/market/cache.ts',
  gateways: 'src/gateways/http/outage.ts',
};

/** Every kind of key, the most specific first: a key is of the first kind that fits. A test compares it with a running platform. */
export const redisKeys: readonly RedisKey[] = [
  {
    key: 'STREAM',
    type: 'stream',
    owner: streams,
    lasts: 'its newest events',
    about: 'The events: see below.',
  },
  {
    key: '{STREAM}:end',
    type: 'string',
    owner: streams,
    lasts: 'always',
    about: 'The position in `event_log` at which the stream ends. Without it, the stream is built again from there.',
  },
  {
    key: 'orderflow:whole',
    type: 'string',
    owner: 'src/workers/keep-redis.ts',
    lasts: 'always',
    about:
      'The run of Redis that holds all it has to. In one that was emptied or started again, whatever is not over gets a job.',
  },
  {
    key: 'orderflow:scheduling',
    type: 'string',
    owner: 'src/workers/schedule-jobs.ts',
    mostSeconds: 10,
    lasts: '10 s',
    about: 'Who makes the schedules what they should be.',
    isRare: true,
  },
  {
    key: 'market:status',
    type: 'string',
    owner: 'src/market/hours.ts',
    mostSeconds: 300,
    lasts: '5 minutes',
    about: 'Whether the exchanges are open, as the provider says.',
    isRare: true,
  },
  {
    key: 'market:holidays',
    type: 'string',
    owner: 'src/market/hours.ts',
    mostSeconds: 30 * day,
    lasts: '30 days',
    about: 'When the exchanges will be closed.',
    isRare: true,
  },
  {
    key: 'market:ticks',
    type: 'hash',
    owner: 'src/market/ticks/live.ts',
    mostSeconds: 60,
    lasts: 'a minute after the last',
    about: 'The newest trade of each symbol that is followed: price, volume, UNIX milliseconds.',
    isRare: true,
  },
  {
    key: 'market:looking',
    type: 'zset',
    owner: 'src/market/ticks/live.ts',
    mostSeconds: 15,
    lasts: '15 s after the last look',
    about: 'Which symbols somebody follows with `/streams/market?symbols=`, and until when that counts.',
    isRare: true,
  },
  {
    key: 'copy:NAME',
    type: 'string',
    owner: market,
    mostSeconds: 7 * day,
    lasts: '7 days at most',
    about: 'A finished answer of `/market/…`: when it was observed, a check sum, and the body, with bars between them.',
  },
  {
    key: 'looked:NAME',
    type: 'string',
    owner: 'src/market/failed-fetches.ts',
    mostSeconds: 7 * day,
    lasts: 'as long as a copy is fresh; 30 s without one',
    about: 'The provider has been asked for it in vain: until then no reader makes it be asked again.',
    isRare: true,
  },
  {
    key: 'unknown:NAME',
    type: 'string',
    owner: market,
    mostSeconds: 600,
    lasts: '10 minutes',
    about: 'The provider does not know it.',
  },
  {
    key: 'nothing:NAME',
    type: 'string',
    owner: market,
    mostSeconds: 60,
    lasts: '1 minute',
    about: 'The provider had nothing for it; whether it exists is still to be asked.',
    isRare: true,
  },
  {
    key: 'market:asks',
    type: 'zset',
    owner: 'src/market/asks.ts',
    lasts: 'at most 500 names',
    about: 'Which fetches somebody logged in waits for, and until when.',
    isRare: true,
  },
  {
    key: '{market:asks}:LANE',
    type: 'zset',
    owner: 'src/market/asks.ts',
    lasts: 'with the others at most 500 names',
    about: 'Which fetches wait in a lane behind that: of strangers, of the watchlist, of old copies.',
    isRare: true,
  },
  {
    key: '{market:asks}:tenants',
    type: 'hash',
    owner: 'src/market/asks.ts',
    lasts: 'as the names',
    about: 'Which tenant has asked for each of those names first.',
    isRare: true,
  },
  ...budgetRedisKeys,
  {
    key: 'outage:{NAME}',
    type: 'string',
    owner: gateways,
    mostSeconds: 3_660,
    lasts: '1 minute, after a rest it has asked for',
    about: 'The upstream is away, or has asked for a rest.',
    isRare: true,
  },
  {
    key: 'outage:{NAME}:probe',
    type: 'string',
    owner: gateways,
    mostSeconds: 2,
    lasts: '1.1 s',
    about: 'Somebody tries whether it is back.',
    isRare: true,
  },
  {
    key: 'outage:{NAME}:failures',
    type: 'string',
    owner: gateways,
    mostSeconds: 60,
    lasts: '1 minute',
    about: 'How often it has failed in a row.',
    isRare: true,
  },
  {
    key: 'outage:{NAME}:rest',
    type: 'string',
    owner: gateways,
    mostSeconds: 3_600,
    lasts: 'as long as the upstream says',
    about: 'The upstream is called too often, and wants no call meanwhile.',
    isRare: true,
  },
  {
    key: 'pace:{NAME}:call',
    type: 'string',
    owner: 'src/gateways/http/pace.ts',
    mostSeconds: 20,
    lasts: '1 s longer than it matters',
    about: 'When the next call to the upstream is due, Redis’ clock in ms.',
    isRare: true,
  },
  {
    key: 'pace:{NAME}:begun',
    type: 'string',
    owner: 'src/gateways/http/pace.ts',
    mostSeconds: 20,
    lasts: '1 s longer than it matters',
    about: 'When the next conversation with it may begin.',
    isRare: true,
  },
  {
    key: 'catalog:last-sync',
    type: 'string',
    owner: 'src/catalog/store-feed.ts',
    mostSeconds: 60,
    lasts: '1 minute',
    about: 'The job that has read the product feed last.',
  },
  {
    key: 'limit:login:KEY',
    type: 'string',
    owner: 'src/api/callers/failed-logins.ts',
    mostSeconds: 900,
    lasts: '15 minutes',
    about: 'Wrong passwords of an account from an address.',
    isRare: true,
  },
  {
    key: 'limit:NAME:KEY',
    type: 'string',
    owner: 'src/api/callers/allowance.ts',
    mostSeconds: 60,
    lasts: '1 minute',
    about: 'Requests of a user, an address or a key.',
    isRare: true,
  },
  ...bullmqKeys,
];
