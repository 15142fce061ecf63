import type { Status } from '../../../src/ops/status.ts';
import type { LiveState } from './follow-stream.ts';
import type { Known } from './use-status.ts';

/** What the page shows comes from these; `words` say how a source is, `isFine` whether that is as it should be. */
export type Source = Readonly<{ name: string; words: string; isFine: boolean }>;

/** What is known: the platform's own word, and how the connections of this page are. */
export type Sight = Readonly<{ known: Known; prices: LiveState; orders: LiveState | undefined }>;

const fine = 'fine';
const streams: Readonly<Record<LiveState, string>> = {
  connecting: 'connecting',
  live: fine,
  waiting: 'reconnecting',
};
const prices: Readonly<Record<Status['prices'], string>> = {
  up: fine,
  slow: 'slow to come',
  away: 'not coming',
  resting: 'resting',
  unmanned: 'not fetched',
  off: 'off',
  unknown: 'not known',
};
const charges: Readonly<Record<Status['charges'], string>> = {
  up: fine,
  paused: 'paused',
  unmanned: 'nobody charges',
  unknown: 'not known',
};
const servers: Readonly<Record<Status['redis'], string>> = { up: fine, away: 'does not answer' };
const gateway: Readonly<Record<Status['gateway'], string>> = {
  up: fine,
  slow: 'slow to answer',
  away: 'does not answer',
  unknown: 'not known',
};

/** Each source for people; orders only when somebody follows them here. */
export function sourcesOf({ known, prices: priceStream, orders: orderStream }: Sight): readonly Source[] {
  const source = (name: string, words: string) => ({ name, words, isFine: words === fine });
  const stream = (state: LiveState, words: string) => {
    if (state !== 'live') return streams[state];
    return stopped(known) ? 'standing still' : words;
  };
  const said = (words: (status: Status) => string) => {
    if (known === undefined) return fine;
    return known === 'away' ? 'not known' : words(known);
  };
  return [
    source(
      'Prices',
      stream(
        priceStream,
        said((status) => prices[status.prices]),
      ),
    ),
    ...(orderStream === undefined ? [] : [source('Orders', stream(orderStream, fine))]),
    source(
      'Queue',
      said((status) => charges[status.charges]),
    ),
    source(
      'Gateway',
      said((status) => gateway[status.gateway]),
    ),
    source(
      'Database',
      said((status) => servers[status.mysql]),
    ),
    source(
      'Redis',
      said((status) => servers[status.redis]),
    ),
  ];
}

/** Whether a price that does not change is one that has not changed. */
export function arePricesLive({ known, prices: state }: Sight): boolean {
  if (state !== 'live' || known === 'away') return false;
  return known === undefined || (known.redis === 'up' && ['up', 'off'].includes(known.prices));
}

/** All of it in a few words. */
export function summaryOf(sight: Sight): string {
  const { known, prices: state } = sight;
  if (state === 'connecting') return 'Connecting';
  if (known === 'away' || state === 'waiting') return 'Reconnecting';
  return faultsOf(known).join(' ') || 'Live';
}

function stopped(known: Known): boolean {
  return known === 'away' || known?.redis === 'away';
}

// What is only slow comes all the same; its source says so.
function faultsOf(known: Status | undefined): string[] {
  if (known === undefined) return [];
  return [
    known.redis === 'away' ? 'Redis does not answer: prices and orders stand still.' : '',
    known.mysql === 'away' ? 'The database does not answer: nothing can be ordered or looked up.' : '',
    known.gateway === 'away' ? 'The payment gateway does not answer: orders wait.' : '',
    known.prices === 'away' ? 'The provider of prices does not answer: they stand still.' : '',
    known.prices === 'unmanned' ? 'Nobody fetches prices.' : '',
    known.charges === 'unmanned' ? 'Nobody charges orders.' : '',
  ].filter(Boolean);
}
