import { isAfter, type StreamEntry } from './entry.ts';
import type { Gap, Page } from './history.ts';

/** What a subscriber is given: an event, the news that some are gone, or the last word before a shutdown. */
export type Delivery =
  | Readonly<{ kind: 'event'; entry: StreamEntry }>
  | Readonly<{ kind: 'gap'; why: Gap }>
  | Readonly<{ kind: 'bye' }>;

/** `after` is the last entry seen (none: from now on); `accepts` chooses entries; `owner` is whose place it takes. */
export type Following = Readonly<{ after?: string | undefined; accepts?(entry: StreamEntry): boolean; owner?: string }>;

type Source = Readonly<{ readPage(position: string): Promise<Page>; onEnd(subscription: Subscription): void }>;

// Who falls this far behind is dropped; it comes back with the last id it has seen, and reads on from there.
const mostWaiting = 2_000;
const retryMs = 250;

/**
 * One subscriber's view of a stream: everything after where it began, each entry once, in order. It first catches up
 * by pages of what is stored, then lives on what the stream's reader announces, which it has kept since it was attached.
 */
export class Subscription {
  /** Whose place it takes, if somebody counts. */
  readonly owner: string | undefined;
  readonly #source: Source;
  readonly #accepts: (entry: StreamEntry) => boolean;
  // What has been delivered, or was not wanted, ends here; what waits ends at #heard.
  #position: string | undefined;
  #heard: string | undefined;
  #waiting: Delivery[] = [];
  // Everything behind this is announced; pages must come as far before the subscriber lives on that.
  #announcedFrom: string | undefined;
  #isCatchingUp = true;
  #hasSkipped = false;
  #isOver = false;
  #wake = (): void => {};

  constructor({ after, accepts = () => true, owner }: Following, source: Source) {
    this.owner = owner;
    this.#source = source;
    this.#accepts = accepts;
    this.#position = after;
  }

  /** How far it has been read, also past entries that were not wanted; undefined until that is known. */
  get position(): string | undefined {
    return this.#position;
  }

  /** Whether it will deliver no more than its last words. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when it knows where it stands, from which on nothing is missed; after `waitMs` in any case. */
  async opened(waitMs: number): Promise<void> {
    if (this.#position === undefined && !this.#isOver) await this.#pause(waitMs);
  }

  /**
   * What has come since, waiting up to `waitMs` for it; empty when nothing has. Undefined: it is over, because it was
   * closed, because of a shutdown, or because its reader was too slow.
   */
  async take(waitMs: number): Promise<readonly Delivery[] | undefined> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const canBeMore = this.#isCatchingUp;
      const news = this.#isCatchingUp && !this.#isOver ? await this.#catchUp() : this.#drain();
      if (news !== undefined && news.length > 0) return news;
      // It may have ended while a page was read: then its last words are still to come.
      if (this.#isOver && this.#waiting.length > 0) continue;
      if (this.#isOver) return undefined;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return [];
      if (news === undefined) await this.#pause(Math.min(leftMs, retryMs));
      else if (!canBeMore) await this.#pause(leftMs);
    }
  }

  /** The reader knows where it stands: from now on nothing passes it by. */
  hearReady(position: string): void {
    this.#announcedFrom = position;
    if (this.#position === undefined) this.#goLive(position);
    this.#wake();
  }

  /** The reader has read these, and everything up to `position`. */
  hear(entries: readonly StreamEntry[], position: string): void {
    if (this.#isOver) return;
    for (const entry of entries) if (this.#isNew(entry.id) && this.#accepts(entry)) this.#keep(entry);
    if (this.#isNew(position)) this.#heard = position;
    if (this.#waiting.length > mostWaiting) this.#overflow();
    this.#wake();
  }

  /** Something may be gone that the reader has not read: pages tell. */
  hearDoubt(): void {
    if (this.#isOver) return;
    this.#isCatchingUp = true;
    this.#skip();
    this.#wake();
  }

  /** Delivers what has been heard and a farewell, and then no more. */
  sayBye(): void {
    this.#end([...(this.#isCatchingUp ? [] : this.#waiting), { kind: 'bye' }]);
  }

  /** Delivers a farewell at once, and nothing of what has been heard: who reads may not hear it any more. */
  dismiss(): void {
    this.#end([{ kind: 'bye' }]);
  }

  /** Delivers no more. */
  close(): void {
    this.#end([]);
  }

  #end(lastWords: Delivery[]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = lastWords;
    this.#source.onEnd(this);
    this.#wake();
  }

  #isNew(id: string): boolean {
    return this.#heard === undefined || isAfter(id, this.#heard);
  }

  #keep(entry: StreamEntry): void {
    this.#waiting.push({ kind: 'event', entry });
  }

  #overflow(): void {
    if (this.#isCatchingUp) this.#skip();
    else this.close();
  }

  /** What has been announced is read from the stream later: nobody has to keep it. */
  #skip(): void {
    this.#waiting = [];
    this.#hasSkipped = true;
  }

  /** One page of what was missed; undefined when it cannot be read now. */
  async #catchUp(): Promise<Delivery[] | undefined> {
    // Only a reader that knows where it stands will announce all that comes after the page.
    if (this.#announcedFrom === undefined || this.#position === undefined) return undefined;
    this.#waiting = [];
    this.#hasSkipped = false;
    const page = await this.#source.readPage(this.#position).catch(() => undefined);
    if (!page) return undefined;
    this.#position = page.position;
    const missed = page.entries.filter(this.#accepts).map((entry) => ({ kind: 'event' as const, entry }));
    const news: Delivery[] = page.gap ? [{ kind: 'gap', why: page.gap }, ...missed] : missed;
    if (!page.isLast || this.#hasSkipped || this.#isOver) return news;
    // A stream that was lost is still being built again.
    if (isAfter(this.#announcedFrom, page.end)) return news.length > 0 ? news : undefined;
    this.#goLive(page.position);
    return news;
  }

  #goLive(position: string): void {
    this.#isCatchingUp = false;
    this.#position = position;
    this.#waiting = this.#waiting.filter((heard) => heard.kind !== 'event' || isAfter(heard.entry.id, position));
    if (this.#isNew(position)) this.#heard = position;
  }

  #drain(): Delivery[] {
    const news = this.#waiting;
    this.#waiting = [];
    // What has been heard while catching up has not been delivered: it is read in a page, now or by who resumes.
    if (!this.#isCatchingUp) this.#position = this.#heard ?? this.#position;
    return news;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#waiting.length > 0 && !this.#isCatchingUp) return;
    const woken = Promise.withResolvers<void>();
    const timer = setTimeout(woken.resolve, ms);
    this.#wake = woken.resolve;
    await woken.promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }
}
