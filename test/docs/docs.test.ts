import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { variables } from '../../src/config.ts';

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

const pages = ['.', ...['docs', 'src', 'sandbox', 'test', 'examples'].filter((folder) => existsSync(folder))].flatMap(
  (folder) =>
    readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'utf8') })),
);

/** What is found in all pages, each as `page: what`. */
function found(pattern: RegExp, isWrong: (what: string, path: string) => boolean): { all: number; wrong: string[] } {
  const all = pages.flatMap(({ path, text }) =>
    Array.from(text.matchAll(pattern), ([, what = '']) => ({ path, what })),
  );
  const wrong = all.filter(({ what, path }) => isWrong(what, path)).map(({ path, what }) => `${path}: ${what}`);
  return { all: all.length, wrong };
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(file: string): string[] {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm);
  return Array.from(headings, ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the pages', () => {
  it('name no npm command that does not exist', () => {
    const { all, wrong } = found(/\bnpm run ([a-z:-]+)/g, (name) => scripts[name] === undefined);
    expect(wrong).toEqual([]);
    expect(all).toBeGreaterThan(5);
    expect(scripts).toMatchObject({ start: expect.anything(), test: expect.anything() });
  });

  it('name no file to run that does not exist', () => {
    const { all, wrong } = found(/\bnode ([\w/-]+\.[jt]s)/g, (file) => !existsSync(file));
    expect(wrong).toEqual([]);
    expect(all).toBeGreaterThan(1);
  });

  it('link to files and headings that exist', () => {
    const isBroken = (link: string, path: string) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchors(target).includes(anchor);
    };
    const { all, wrong } = found(/\]\((?!https?:)([^)\s]+)\)/g, isBroken);
    expect(wrong).toEqual([]);
    expect(all).toBeGreaterThan(30);
  });

  it('name folders and files of the source that exist', () => {
    const isMissing = (file: string) => !/NAME|KIND|RESOURCE|…/.test(file) && !existsSync(file);
    const { wrong } = found(/`((?:src|test|sandbox|bin|docs)\/[^`\s]*)`/g, isMissing);
    expect(wrong).toEqual([]);
  });

  it('list every decision', () => {
    const listed = readFileSync('docs/decisions/README.md', 'utf8');
    for (const name of readdirSync('docs/decisions').filter((file) => /^\d/.test(file)))
      expect(listed).toContain(`(${name})`);
  });
});

describe('README.md', () => {
  const text = readFileSync('README.md', 'utf8');

  it('is short', () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(121);
  });

  it('shows a picture of the live page, a small one', () => {
    const [, picture = ''] = /^!\[[^\]]+\]\((docs\/pictures\/[\w-]+\.png)\)$/m.exec(text) ?? [];
    expect(statSync(picture).size).toBeLessThanOrEqual(150_000);
  });

  it('shows what the last bench has compared, as a picture that each run draws anew', () => {
    const [, picture = ''] = /^!\[[^\]]+\]\((bench\/results\/[\w-]+\.svg)\)$/m.exec(text) ?? [];
    expect(picture).toBe('bench/results/latest.svg');
    expect(readFileSync(picture, 'utf8')).toMatch(/^<svg [^]+<rect class="ours"[^]+<\/svg>\n$/);
  });

  it('names every command that people may run', () => {
    for (const name of Object.keys(scripts)) expect(text).toMatch(new RegExp(`npm (run )?${name}\\b`));
  });

  it('says the port that the API has', () => {
    const port = variables.PORT.parse(undefined);
    expect([...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, said]) => Number(said))).toEqual(
      expect.arrayContaining([port]),
    );
    expect(text).not.toMatch(new RegExp(`127\\.0\\.0\\.1:(?!${port})`));
  });
});

describe('docs/README.md', () => {
  it('leads to every page', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    const others = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(others.filter((name) => !index.includes(`(${name})`))).toEqual([]);
    expect(others.length).toBeGreaterThan(8);
  });
});

describe('docs/internals.md', () => {
  it('walks with one order and one quote in 80 lines', () => {
    const text = readFileSync('docs/internals.md', 'utf8');
    expect(text).toMatch(/^## An order$[^]*^## A quote$/m);
    expect(text.split('\n').length).toBeLessThanOrEqual(81);
  });
});

describe('docs/glossary.md', () => {
  const rows = readFileSync('docs/glossary.md', 'utf8').matchAll(/^\| ([a-z ]+) \| /gm);
  const words = Array.from(rows, ([, word = '']) => word).filter((word) => word !== 'word');

  it('has a few words, each once', () => {
    expect(words.length).toBeGreaterThan(8);
    expect(words.length).toBeLessThanOrEqual(15);
    expect(new Set(words).size).toBe(words.length);
  });

  it('has only words that the code uses', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join('src', name), 'utf8'));
    const isUsed = (word: string) => {
      const spelled = new RegExp(word.replace(' ', '[ _-]?'), 'i');
      return sources.filter((text) => spelled.test(text)).length >= 2;
    };
    expect(words.filter((word) => !isUsed(word))).toEqual([]);
  });
});
