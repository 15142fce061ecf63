import { dirname, join } from 'node:path';
import { importsOf } from './imports.ts';
import { everywhere, keepers, layers } from '../layers.ts';

/** Source files by their path in the repository. */
export type Sources = ReadonlyMap<string, string>;

const mostLines = 300;

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

/** The row of a file in the table: its folder of src/, or its own name. */
function layerOf(path: string): string {
  return path.split('/')[1]?.replace(/\.ts$/, '') ?? '';
}

function importFaults(path: string, text: string): string[] {
  const [area] = path.split('/');
  const imports = importsOf(text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => join(dirname(path), specifier));
  const strays = imports
    .filter((other) => /^(src|sandbox)\//.test(path) && !other.startsWith(`${area}/`))
    .map((other) => `${path} imports ${other}; src and sandbox share nothing with anyone`);
  if (area !== 'src') return strays;
  const layer = layerOf(path);
  const allowed = layers[layer];
  if (!allowed) return [...strays, `${path} has no row in test/layers.ts; give '${layer}' one`];
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
