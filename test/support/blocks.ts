import { readFileSync } from 'node:fs';

/** A fenced block of a page. */
export type Block = Readonly<{ language: string; text: string }>;

/** The fenced blocks of a page, in order. */
export function blocksOf(file: string): Block[] {
  const found = readFileSync(file, 'utf8').matchAll(/^```(\w+)\n([^]*?)^```$/gm);
  return Array.from(found, ([, language = '', text = '']) => ({ language, text }));
}

/** The command lines of a block, without their comments. A line that ends in a backslash goes on. */
export function commandsOf({ text }: Block): string[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The file that a block is, if its first line names one: `// src/jobs/name.job.ts`. */
export function fileOf({ text }: Block): { path: string; text: string } | undefined {
  const [line, path] = /^\/\/ (\S+\.ts)\n/.exec(text) ?? [];
  return line === undefined || path === undefined ? undefined : { path, text: text.slice(line.length) };
}

/** What a block adds to a file, if its first line says where: `// In src/config.ts, below: const secrets = [`. */
export function insertOf({ text }: Block): { path: string; below: string; text: string } | undefined {
  const [line, path, below] = /^\/\/ In (\S+), below: (.+)\n/.exec(text) ?? [];
  return line === undefined || path === undefined || below === undefined
    ? undefined
    : { path, below, text: text.slice(line.length) };
}
