import { dirname, join } from 'node:path';
import { ground, keepers, layers } from '../layers.ts';
import { allImportsOf } from './imports.ts';

/** Source files by their path in the repository. */
export type Sources = ReadonlyMap<string, string>;

const mostLines = 300;
const mostCharacters = 140;
const mostFiles = 25;
const mostMembers = 12;

/** What is wrong with the sources, one sentence each; the rules are in layers.ts. */
export function faultsOf(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) => [
    ...importFaults(path, text),
    ...keeperFaults(path, text),
    ...shapeFaults(path, text),
    ...(sources.has(testOf(path)) ? [] : [`${path} has no test; write ${testOf(path)}`]),
  ]);
}

/** The middle of the files' lengths, in lines. */
export function medianLines(sources: Sources): number {
  const lengths = [...sources.values()].map(linesOf).sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}

/** Folders with more files of their own than one look takes in. */
export function crowdedFolders(paths: Iterable<string>): string[] {
  const folders = Map.groupBy(paths, (path) => dirname(path));
  return [...folders]
    .filter(([, files]) => files.length > mostFiles)
    .map(([folder, files]) => `${folder} holds ${files.length} files; ${mostFiles} is the wall: give some a room`);
}

/** Rooms of src/ and bin/ that have no tests of the same name. */
export function roomsWithoutTests(sources: Sources): string[] {
  const tested = new Set([...sources.keys()].filter((path) => path.endsWith('.test.ts')).map((path) => dirname(path)));
  const rooms = new Set(
    [...sources.keys()]
      .filter((path) => /^(src\/(?!api\/docs\/pages).+\/.+\.ts|bin\/.+\/.+\.js)$/.test(path))
      .map((path) => dirname(path)),
  );
  return [...rooms]
    .map((room) => (room.startsWith('bin/') ? `test/${room}` : room.replace(/^src/, 'test')))
    .filter((room) => ![...tested].some((folder) => folder === room || folder.startsWith(`${room}/`)));
}

/** Rows of the table that allow what nobody does. */
export function unusedRows(sources: Sources): string[] {
  const used = importsByLayer(sources);
  return Object.entries(layers).flatMap(([layer, allowed]) => {
    const imported = used.get(layer);
    if (!imported) return [`nothing is in '${layer}'; delete its row`];
    return allowed.filter((other) => !imported.has(other)).map((other) => `'${layer}' imports nothing of '${other}'`);
  });
}

/** Layers that import each other, on whatever way round: each circle as the names on it. */
export function circles(sources: Sources): string[] {
  const imports = importsByLayer(sources);
  const reached = (from: string, seen = new Set<string>()): ReadonlySet<string> => {
    for (const next of imports.get(from) ?? [])
      if (!seen.has(next)) {
        seen.add(next);
        reached(next, seen);
      }
    return seen;
  };
  return [...imports.keys()].filter((layer) => reached(layer).has(layer));
}

/** What a context hands out: the members of its type, with those of the types that it is made of. */
function membersOf(text: string, type: 'JobContext' | 'Context'): string[] {
  const body = new RegExp(`export type ${type} = [^;]*?Readonly<\\{\n([^]*?)\n\\s*\\}>;`).exec(text)?.[1] ?? '';
  const own = Array.from(body.matchAll(/^\s+(\w+)[?]?(?:\([^)]*\))?:/gm), ([, name]) => name ?? '');
  if (type === 'JobContext') return own;
  const leftOut = /Context = Omit<JobContext, ([^>]*)>/.exec(text)?.[1] ?? '';
  return [...membersOf(text, 'JobContext').filter((name) => !leftOut.includes(`'${name}'`)), ...own];
}

/** What is wrong with the context. */
export function contextFaults(text: string): string[] {
  return (['JobContext', 'Context'] as const).flatMap((type) => {
    const members = membersOf(text, type);
    return members.length > 0 && members.length <= mostMembers
      ? []
      : [`${type} hands out ${members.length} things; ${mostMembers} is the wall: ${members.join(', ')}`];
  });
}

/** A job that has just been made stands beside the mechanism, and may import what jobs in any room may. */
function isOwnJob(path: string): boolean {
  return /^src\/jobs\/[^/]+\.job\.ts$/.test(path);
}

function roomsOfJobs(): readonly string[] {
  return Object.entries(layers).flatMap(([layer, allowed]) => (layer.startsWith('jobs/') ? [layer, ...allowed] : []));
}

/** The row of a file in the table: its folder below src/, or its own name. */
function layerOf(path: string): string {
  const inside = path.replace(/^src\//, '');
  if (isOwnJob(path)) return 'jobs/ops';
  return inside.includes('/') ? dirname(inside) : inside.replace(/\.ts$/, '');
}

function importedBy(path: string, text: string): string[] {
  return allImportsOf(text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => join(dirname(path), specifier));
}

function importsByLayer(sources: Sources): Map<string, Set<string>> {
  const imports = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    if (!/^src\/.*\.ts$/.test(path)) continue;
    const layer = layerOf(path);
    const others = importedBy(path, text).filter((other) => other.startsWith('src/'));
    const known = imports.get(layer) ?? new Set<string>();
    for (const other of others) if (layerOf(other) !== layer) known.add(layerOf(other));
    imports.set(layer, known);
  }
  return imports;
}

function importFaults(path: string, text: string): string[] {
  const [area] = path.split('/');
  const imports = importedBy(path, text);
  const strays = imports
    .filter((other) => /^(src|sandbox)\//.test(path) && !other.startsWith(`${area}/`))
    .map((other) => `${path} imports ${other}; src and sandbox share nothing with anyone`);
  if (!/^src\/.*\.ts$/.test(path)) return strays;
  const layer = layerOf(path);
  const allowed = isOwnJob(path) ? roomsOfJobs() : layers[layer];
  if (!allowed) return [...strays, `${path} has no row in test/layers.ts; give '${layer}' one`];
  const everywhere = ground.includes(layer) ? [] : ground;
  const wrong = imports
    .filter((other) => other.startsWith('src/'))
    .filter((other) => ![layer, ...everywhere, ...allowed].includes(layerOf(other)))
    .map((other) => `${path} imports ${other}; '${layer}' may import ${allowed.join(', ') || 'nothing'}`);
  return [...strays, ...wrong];
}

function keeperFaults(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
  return keepers
    .filter((rule) => rule.in.test(path) && !rule.only.includes(path) && rule.pattern.test(code))
    .map(({ what, only }) => `${path} ${what}; ${only.length === 0 ? 'nobody may' : `only ${only.join(', ')} may`}`);
}

function shapeFaults(path: string, text: string): string[] {
  const faults: string[] = [];
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (linesOf(text) > mostLines) faults.push(`${path} has ${linesOf(text)} lines; ${mostLines} is the wall`);
  for (const [index, line] of text.split('\n').entries())
    if (line.length > mostCharacters)
      faults.push(`${path}:${index + 1} has ${line.length} characters; ${mostCharacters} is the wall`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)+$/.test(name)) faults.push(`${path} is not named in kebab-case`);
  if (/\b(utils?|helpers?|common|manager|service)\b/.test(name)) faults.push(`${path} names no noun of ours`);
  if (!path.startsWith('src/')) return faults;
  // A type of a list's members is explained by the list.
  const explained = text.replaceAll(/^export type \w+ = \(typeof \w+\)\[number\];$/gm, '');
  const bare = /(?<!\*\/)\n(export (?:async )?(?:function|const|class|type) \w+)/.exec(`\n${explained}`);
  if (bare) faults.push(`${path}: \`${bare[1]}\` says nothing about itself; write its docstring`);
  return faults;
}

/** A job's own test; any other file needs none of its own, and stands for itself. */
function testOf(path: string): string {
  return path.replace(/^src\/jobs\/(.+)\.job\.ts$/, 'test/jobs/$1.job.test.ts');
}

function linesOf(text: string): number {
  return text.split('\n').length - 1;
}
