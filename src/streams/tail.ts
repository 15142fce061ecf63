import type { Redis } from '../redis/client.ts';
import { missedSince } from './history.ts';
import { type EndOfLog, type Listener, openReader, type StreamReader } from './reader.ts';
import { noteStep } from '../telemetry/traces.ts';
import { entryMsOf, type StreamEntry } from './entry.ts';
import { Subscription, type Following } from './subscription.ts';

/** The live ends of the streams, for any number of subscribers in this process. */
export type Tails = Readonly<{
  /** Follows a stream by its name. The subscription lasts until it is closed, or until its reader falls far behind. */
  subscribe(stream: string, following?: Following): Subscription;
  /** How many follow a stream now: all, or those whose owner counts. */
  count(counts?: (owner: string | undefined) => boolean): number;
  /** How far the followers here are behind an entry, ms; undefined when nobody follows. */
  behindMs(stream: string, entry: string): number | undefined;
  /** Says bye to all, and to whoever comes later. */
  close(): void;
}>;

type Followed = Readonly<{ reader: StreamReader; subscriptions: Set<Subscription> }>;

const pageSize = 500;

/**
 * Opens the tails. Each followed stream has one blocking reader on a connection of its own, opened by `connect` for the
 * first subscriber and closed after the last; `redis` is asked for what a subscriber has missed.
 */
export function openTails(redis: Redis, connect: (name: string) => Redis, endOfLog: EndOfLog): Tails {
  const followed = new Map<string, Followed>();
  let isClosed = false;

  const follow = (stream: string): Followed => {
    const subscriptions = new Set<Subscription>();
    const reader = openReader(stream, connect(`tail-${stream}`), endOfLog, listenerOf(subscriptions));
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
    subscribe(stream, following = {}) {
      const subscription = new Subscription(following, {
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
    count(counts = () => true) {
      const all = [...followed.values()].flatMap(({ subscriptions }) => [...subscriptions]);
      return all.filter(({ owner }) => counts(owner)).length;
    },
    behindMs(stream, entry) {
      const position = followed.get(stream)?.reader.position();
      return position === undefined ? undefined : Math.max(0, entryMsOf(entry) - entryMsOf(position));
    },
    close() {
      isClosed = true;
      for (const { subscriptions } of followed.values()) for (const some of subscriptions) some.sayBye();
    },
  };
}

function listenerOf(subscriptions: ReadonlySet<Subscription>): Listener {
  // A listener may end its subscription, and with it its place in the set.
  const each = (tell: (subscription: Subscription) => void) => [...subscriptions].forEach(tell);
  return {
    hearReady: (position) => each((some) => some.hearReady(position)),
    hear(entries, position) {
      each((some) => some.hear(entries, position));
      for (const entry of entries) noteDelivery(entry, subscriptions.size);
    },
    hearDoubt: () => each((some) => some.hearDoubt()),
  };
}

/** The last step of what caused an event: it is given to everybody who follows here. */
function noteDelivery({ type, subject, trace }: StreamEntry, followers: number): void {
  if (trace === undefined) return;
  const attributes = { 'orderflow.subject': subject, 'orderflow.followers': followers };
  noteStep({ name: `deliver ${type}`, kind: 'consumer', from: trace, attributes });
}
