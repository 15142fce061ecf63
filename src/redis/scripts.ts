import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from './client.ts';

/** What a script is given under one name: a key, a text, a number, a claim, or several that come last. */
export type Word = string | number | boolean | readonly (string | number)[];

/** Runs a script inside Redis, undisturbed by anybody else. What it has no name for is not sent. */
export type Script<Name extends string> = (redis: Redis, words: Readonly<Record<Name, Word>>) => Promise<unknown>;

/** A script's file does not say what its callers know. */
export class BadScript extends Error {
  override name = 'BadScript';
}

/**
 * Reads a Lua script, once. Its first lines name what it is given, `local window_ms = tonumber(ARGV[2])`, and callers hand
 * over an object of those names, `windowMs`. `-- with clock.lua` stands for the functions of another file.
 * @throws BadScript when the file has other names than `names`.
 */
export function loadScript<const Name extends string>(file: URL, names: readonly Name[]): Script<Name> {
  const text = readScript(file);
  const namesIn = (list: 'KEYS' | 'ARGV') =>
    placesIn(text, list).map((own) => {
      const name = names.find((known) => known === own);
      if (name === undefined) throw new BadScript(`${file.pathname} takes '${own}', which nobody hands over`);
      return name;
    });
  const [keys, values] = [namesIn('KEYS'), namesIn('ARGV')];
  const unused = names.filter((name) => !keys.includes(name) && !values.includes(name));
  if (unused.length > 0) throw new BadScript(`${file.pathname} takes no ${unused.join(', ')}`);
  const sum = hash('sha1', text);
  return async (redis, words) => {
    const given = (some: readonly Name[]) => some.flatMap((name) => written(words[name]));
    const ownKeys = given(keys);
    const call = [ownKeys.length, ...ownKeys, ...given(values)] as const;
    return redis.evalsha(sum, ...call).catch((error: unknown) => {
      // A Redis that has been started since has forgotten it.
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return redis.eval(text, ...call);
      throw error;
    });
  };
}

/** The text of a script, with what it names of other files. */
export function readScript(file: URL): string {
  return readFileSync(file, 'utf8').replaceAll(/^-- with (\S+)$/gm, (_, part: string) =>
    readScript(new URL(part, file)),
  );
}

/** The names that a script has for one of Redis's two lists, by their places. */
function placesIn(text: string, list: 'KEYS' | 'ARGV'): string[] {
  const names: (string | undefined)[] = [];
  for (const [, name = '', place = 1] of text.matchAll(
    new RegExp(`^local (\\w+) = .*\\b${list}\\b[^\\d\\n]*(\\d+)?`, 'gm'),
  ))
    names[Number(place) - 1] = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Array.from(names, (name, index) => name ?? `${list}[${index + 1}]`);
}

function written(word: Word): readonly (string | number)[] {
  if (typeof word === 'boolean') return [word ? 1 : 0];
  return typeof word === 'object' ? word : [word];
}
