import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { BadScript, loadScript } from '../../src/redis/scripts.ts';
import { ownData } from '../support/stores/servers.ts';
import { unhurriedRedis } from '../support/stores/unhurried-redis.ts';

let redis: Redis;
let folder: string;
beforeAll(async () => {
  redis = new Redis({ ...unhurriedRedis(readConfig(await ownData())), enableOfflineQueue: true });
  folder = await mkdtemp(join(tmpdir(), 'scripts-'));
});
afterAll(async () => {
  redis.disconnect();
  await rm(folder, { recursive: true });
});

const written = async (name: string, ...lines: string[]) => {
  await writeFile(join(folder, name), lines.join('\n'));
  return pathToFileURL(join(folder, name));
};

test('a script is given keys and arguments by the names that its file has for them', async () => {
  const file = await written(
    'add.lua',
    '-- Adds, unless told not to.',
    'local step = tonumber(ARGV[2])',
    'local total_key = KEYS[1]',
    `local is_added = ARGV[1] == '1'`,
    `if is_added then redis.call('INCRBY', total_key, step) end`,
    `return redis.call('GET', total_key)`,
  );
  const add = loadScript(file, ['totalKey', 'step', 'isAdded']);
  expect(await add(redis, { step: 3, isAdded: true, totalKey: 'total' })).toBe('3');
  expect(await add(redis, { totalKey: 'total', isAdded: false, step: 3 })).toBe('3');
});

test('several keys, and several arguments behind the others, have one name', async () => {
  const file = await written(
    'set.lua',
    'local all = KEYS',
    'local first = ARGV[1]',
    'local more = {unpack(ARGV, 2)}',
    'return {#all, all[2], first, #more, more[3]}',
  );
  const set = loadScript(file, ['all', 'first', 'more']);
  expect(await set(redis, { all: ['a', 'b'], first: 'x', more: [1, 2, 'y'] })).toEqual([2, 'b', 'x', 3, 'y']);
  expect(await set(redis, { all: [], first: 'x', more: [] })).toEqual([0]);
});

test('a script may use the functions of another file', async () => {
  await written('double.lua', 'local function double(number) return 2 * number end');
  const file = await written('use.lua', '-- with double.lua', 'local number = ARGV[1]', 'return double(number)');
  expect(await loadScript(file, ['number'])(redis, { number: 21 })).toBe(42);
});

test('a script is sent once, and again to a Redis that has forgotten it', async () => {
  const file = await written('echo.lua', 'local word = ARGV[1]', 'return word .. " once"');
  const echo = loadScript(file, ['word']);
  // By this connection: others use the server, too.
  const sent = vi.spyOn(redis, 'eval');
  for (const word of ['a', 'b', 'c']) expect(await echo(redis, { word })).toBe(`${word} once`);
  expect(sent).toHaveBeenCalledTimes(1);
  await redis.script('FLUSH');
  expect(await echo(redis, { word: 'd' })).toBe('d once');
  expect(sent).toHaveBeenCalledTimes(2);
  sent.mockRestore();
});

test('what goes wrong inside is told', async () => {
  const file = await written('wrong.lua', 'local key = KEYS[1]', `return redis.call('INCR', key)`);
  await redis.set('text', 'no number');
  await expect(loadScript(file, ['key'])(redis, { key: 'text' })).rejects.toThrow(/not an integer/);
});

test('a file whose names are others than its callers know is refused', async () => {
  const file = await written('names.lua', 'local key = KEYS[1]', 'local some_word = ARGV[1]', 'return some_word');
  const names =
    (...known: string[]) =>
    () =>
      loadScript(file, known);
  expect(names('key', 'someWord')).not.toThrow();
  expect(names('key')).toThrow(BadScript);
  expect(names('key', 'word')).toThrow(BadScript);
  expect(names('key', 'someWord', 'other')).toThrow('takes no other');
  const holes = await written('holes.lua', 'local word = ARGV[2]', 'return word');
  expect(() => loadScript(holes, ['word'])).toThrow(BadScript);
});
