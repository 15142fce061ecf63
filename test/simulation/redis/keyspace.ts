import { hash } from 'node:crypto';
import { compileLua, libraryWith, type LuaValue } from './lua.ts';

/** What Redis answers: nothing, a text, a number, or a list of such. */
export type Reply = string | number | null | readonly Reply[];
type Kept = string | Map<string, number> | StreamEntries;
type Script = ReturnType<typeof compileLua>;

/** What Redis refuses, in its own words. */
export class Refused extends Error {
  override name = 'Refused';
}

class StreamEntries {
  readonly entries: (readonly [id: string, fields: readonly string[]])[] = [];
}

const compiled = new Map<string, Script>();
const sums = new Map<string, string>();

/** Redis' contract, as far as the product leans on it: texts, sorted sets, streams, and scripts over them. */
export class Keyspace {
  readonly #nowMs: () => number;
  readonly #expired: (key: string) => void;
  #keys = new Map<string, Readonly<{ kept: Kept; untilMs: number }>>();
  #scripts = new Set<string>();
  readonly #library = libraryWith((name, ...given) => luaOf(this.do(name.toLowerCase(), given)));
  /** How often it was. */
  emptyings = 0;

  /** `expired` hears of each key whose time is over. */
  constructor(nowMs: () => number, expired: (key: string) => void = () => {}) {
    this.#nowMs = nowMs;
    this.#expired = expired;
  }

  /** Forgets all, its scripts too. */
  empty(): void {
    this.emptyings += 1;
    this.#keys = new Map();
    this.#scripts = new Set();
  }

  /** The entries of a stream. */
  stream(key: string): StreamEntries['entries'] {
    const kept = this.#find(key);
    return kept instanceof StreamEntries ? kept.entries : [];
  }

  /** @throws Refused with what Redis would say. */
  do(name: string, words: readonly string[]): Reply {
    const [key = '', ...values] = words;
    switch (name) {
      case 'eval':
        return this.#run(key, values);
      case 'evalsha':
        return this.#runKnown(key, values);
      case 'get':
        return this.#text(key);
      case 'mget':
        return words.map((one) => this.#text(one));
      case 'set':
        return this.#set(key, values);
      case 'del':
        return words.filter((one) => this.#keys.delete(one)).length;
      case 'exists':
        return words.filter((one) => this.#find(one) !== undefined).length;
      case 'pttl':
        return this.#ttlMs(key);
      case 'pexpire':
        return this.#expire(key, Number(values[0]));
      case 'time':
        return [String(Math.floor(this.#nowMs() / 1_000)), String(Math.round((this.#nowMs() % 1_000) * 1_000))];
      default:
        return name.startsWith('x') ? this.#stream(name, key, values) : this.#sorted(name, key, values);
    }
  }

  #run(text: string, values: readonly string[]): Reply {
    const sum = sums.get(text) ?? hash('sha1', text);
    if (!compiled.has(sum)) compiled.set(sum, compileLua(text));
    sums.set(text, sum);
    this.#scripts.add(sum);
    return this.#runKnown(sum, values);
  }

  #runKnown(sum: string, [count = '0', ...words]: readonly string[]): Reply {
    const script = compiled.get(sum);
    if (!script || !this.#scripts.has(sum)) throw new Refused('NOSCRIPT No matching script. Please use EVAL.');
    const keys = words.slice(0, Number(count));
    return replyOf(script(keys, words.slice(Number(count)), this.#library));
  }

  #find(key: string): Kept | undefined {
    const found = this.#keys.get(key);
    if (!found || found.untilMs > this.#nowMs()) return found?.kept;
    this.#keys.delete(key);
    this.#expired(key);
    return undefined;
  }

  #text(key: string): string | null {
    const kept = this.#find(key);
    return typeof kept === 'string' ? kept : null;
  }

  #set(key: string, [value = '', ...options]: readonly string[]): Reply {
    const words = options.map((word) => word.toUpperCase());
    if (words.includes('NX') && this.#find(key) !== undefined) return null;
    const [px, ex] = ['PX', 'EX'].map((word) => Number(words[words.indexOf(word) + 1]));
    const ms = words.includes('PX') ? px : words.includes('EX') ? Number(ex) * 1_000 : Number.POSITIVE_INFINITY;
    this.#keys.set(key, { kept: value, untilMs: this.#nowMs() + Number(ms) });
    return 'OK';
  }

  #ttlMs(key: string): number {
    if (this.#find(key) === undefined) return -2;
    const untilMs = this.#keys.get(key)?.untilMs ?? 0;
    return untilMs === Number.POSITIVE_INFINITY ? -1 : Math.ceil(untilMs - this.#nowMs());
  }

  #expire(key: string, ms: number): number {
    const kept = this.#find(key);
    if (kept === undefined) return 0;
    this.#keys.set(key, { kept, untilMs: this.#nowMs() + ms });
    return 1;
  }

  #sorted(name: string, key: string, values: readonly string[]): Reply {
    const kept = this.#find(key);
    if (kept !== undefined && !(kept instanceof Map))
      throw new Refused('WRONGTYPE the key holds another kind of value');
    const set = kept ?? new Map<string, number>();
    const reply = sortedSet(name, set, values);
    if (set.size === 0) this.#keys.delete(key);
    else if (!kept) this.#keys.set(key, { kept: set, untilMs: Number.POSITIVE_INFINITY });
    return reply;
  }

  #stream(name: string, key: string, values: readonly string[]): Reply {
    const kept = this.#find(key);
    if (kept !== undefined && !(kept instanceof StreamEntries))
      throw new Refused('WRONGTYPE the key holds another kind of value');
    const stream = kept ?? new StreamEntries();
    if (name === 'xlen') return stream.entries.length;
    // What was ever added is asked by nobody here.
    if (name === 'xsetid') return 'OK';
    if (name !== 'xadd') return range(name, stream, values);
    const [, , , id = '', ...fields] = values;
    const last = stream.entries.at(-1)?.[0];
    if (last !== undefined && compareIds(id, last) <= 0)
      throw new Refused('ERR The ID specified in XADD is equal or smaller than the target stream top item');
    stream.entries.push([id, fields]);
    this.#keys.set(key, { kept: stream, untilMs: Number.POSITIVE_INFINITY });
    return id;
  }
}

function sortedSet(name: string, set: Map<string, number>, values: readonly string[]): Reply {
  const [first = '', second = '', third] = values;
  const isTold = third?.toUpperCase() === 'WITHSCORES';
  const between = () => {
    const isBetween = within(first, second);
    return [...set].filter(([, score]) => isBetween(score));
  };
  switch (name) {
    case 'zadd':
      return add(set, values);
    case 'zrem':
      return values.filter((member) => set.delete(member)).length;
    case 'zcard':
      return set.size;
    case 'zcount':
      return between().length;
    case 'zremrangebyscore':
      return between().filter(([member]) => set.delete(member)).length;
    case 'zrangebyscore':
      return told(ranked(between()), isTold);
    case 'zrange':
      return told(slice(ranked([...set]), Number(first), Number(second)), isTold);
    case 'zrevrange':
      return told(slice(ranked([...set]).toReversed(), Number(first), Number(second)), isTold);
    default:
      throw new Refused(`ERR the double has no command ${name}`);
  }
}

function add(set: Map<string, number>, values: readonly string[]): number {
  const isOnlyGreater = values[0]?.toUpperCase() === 'GT';
  const [score = '0', member = ''] = values.slice(isOnlyGreater ? 1 : 0);
  const known = set.get(member);
  if (known === undefined || !isOnlyGreater || Number(score) > known) set.set(member, Number(score));
  return known === undefined ? 1 : 0;
}

function ranked(members: [string, number][]): readonly [string, number][] {
  return members.sort(([one, a], [other, b]) => a - b || (one < other ? -1 : 1));
}

function slice<T>(all: readonly T[], from: number, to: number): readonly T[] {
  return all.slice(from, to === -1 ? undefined : to + 1);
}

function told(members: readonly (readonly [string, number])[], isTold: boolean): Reply {
  return members.flatMap(([member, score]) => (isTold ? [member, String(score)] : [member]));
}

function within(least: string, most: string): (score: number) => boolean {
  const [from, to] = [boundOf(least), boundOf(most)];
  const [isAfter, isBefore] = [least.startsWith('('), most.startsWith('(')];
  return (score) => (isAfter ? score > from : score >= from) && (isBefore ? score < to : score <= to);
}

function boundOf(text: string): number {
  return Number(text.replace(/^\(/, '').replace(/inf$/, 'Infinity'));
}

function range(name: string, { entries }: StreamEntries, [from = '', to = '', , count]: readonly string[]): Reply {
  if (name !== 'xrange' && name !== 'xrevrange') throw new Refused(`ERR the double has no command ${name}`);
  const [least, most] = name === 'xrevrange' ? [to, from] : [from, to];
  const isIn = (id: string) =>
    (least.startsWith('(') ? compareIds(id, least.slice(1)) > 0 : compareIds(id, least) >= 0) &&
    compareIds(id, most) <= 0;
  const found = entries.filter(([id]) => isIn(id));
  return (name === 'xrevrange' ? found.toReversed() : found).slice(0, count === undefined ? undefined : Number(count));
}

function compareIds(one: string, other: string): number {
  const [[aMs = 0, a = 0], [bMs = 0, b = 0]] = [partsOf(one), partsOf(other)];
  return aMs - bMs || a - b;
}

function partsOf(id: string): number[] {
  if (id === '-') return [0, 0];
  return id === '+' ? [Number.MAX_VALUE, 0] : id.split('-').map(Number);
}

function luaOf(reply: Reply): LuaValue {
  if (reply === null) return false;
  return typeof reply === 'object' ? reply.map(luaOf) : reply;
}

/** A script's number loses its fraction, and its list ends at nothing. */
function replyOf(value: LuaValue): Reply {
  if (Array.isArray(value)) {
    const end = value.indexOf(undefined);
    return value.slice(0, end === -1 ? undefined : end).map(replyOf);
  }
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'boolean') return value ? 1 : null;
  return typeof value === 'string' ? value : null;
}
