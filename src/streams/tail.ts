import type { Redis } from 'ioredis';
import { missedSince } from './stream-history.ts';
import { openReader, type StreamReader } from './stream-reader.ts';
import { Subscription, type Wish } from './subscription.ts';

/** The live ends of the streams, for any number of subscribers in this process. */
export type Tails = Readonly<{
  /** Follows a stream by its name. The subscription lasts until it is closed, or until its reader falls far behind. */
  subscribe(stream: string, wish?: Wish): Subscription;
  /** How many follow a stream now, of one owner or of all. */
  count(owner?: string): number;
  /** Says bye to all, and to whoever comes later. */
  close(): void;
}>;

type Followed = Readonly<{ reader: StreamReader; subscriptions: Set<Subscription> }>;

const pageSize = 500;

/**
 * Opens the tails. Each followed stream has one blocking reader on a connection of its own, opened by `connect` for the
 * first subscriber and closed after the last; `redis` is asked for what a subscriber has missed.
 */
export function openTails(redis: Redis, connect: (name: string) => Redis): Tails {
  const followed = new Map<string, Followed>();
  let isClosed = false;

  const follow = (stream: string): Followed => {
    const subscriptions = new Set<Subscription>();
    // A listener may end its subscription, and with it its place in the set.
    const each = (tell: (subscription: Subscription) => void) => [...subscriptions].forEach(tell);
    const reader = openReader(stream, connect(`tail-${stream}`), {
      hear: (entries, position) => each((some) => some.hear(entries, position)),
      hearGap: (gap) => each((some) => some.hearGap(gap)),
      hearRestored: (entries, position) => each((some) => some.hearRestored(entries, position)),
      hearReady: (position) => each((some) => some.hearReady(position)),
    });
    const fresh = { reader, subscriptions };
    followed.set(stream, fresh);
    return fresh;
  };
  const leave = (stream: string, subscription: Subscription): void => {
    const of = followed.get(stream);
    if (!of?.subscriptions.delete(subscription) || of.subscriptions.size > 0) return;
    followed.delete(stream);
    of.reader.close();
  };

  return {
    subscribe(stream, wish = {}) {
      const subscription = new Subscription(wish, {
        readPage: (position) => missedSince(redis, stream, position, pageSize),
        onEnd: (some) => leave(stream, some),
      });
      if (isClosed) subscription.sayBye();
      else {
        const { reader, subscriptions } = followed.get(stream) ?? follow(stream);
        subscriptions.add(subscription);
        const position = reader.position();
        if (position !== undefined) subscription.hearReady(position);
      }
      return subscription;
    },
    count(owner) {
      const all = [...followed.values()].flatMap(({ subscriptions }) => [...subscriptions]);
      return owner === undefined ? all.length : all.filter((some) => some.owner === owner).length;
    },
    close() {
      isClosed = true;
      for (const { subscriptions } of followed.values()) for (const some of subscriptions) some.sayBye();
    },
  };
}
