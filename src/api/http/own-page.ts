import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context as HonoContext } from 'hono';
import { html, raw } from 'hono/html';
import { parseAccept } from 'hono/utils/accept';
import type { RouteEnv } from '../callers/route-env.ts';
import { allowPage, ownPages } from './static-files.ts';

// The way home and to the other pages, the same on each.
const masthead = `<header class="masthead">
  <a class="home" href="/">Orderflow</a>
  <nav aria-label="Pages"><a href="/docs">API</a> <a href="/asyncapi">Streams</a> <a href="/problems">Problems</a></nav>
</header>`;

/** What stands in a page. */
export type Content = ReturnType<typeof html>;

/** A sentence in which names stand in backticks. */
export function marked(words: string): Content {
  return html`${words.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** Answers with a page of ours: it loads one style, and no script. */
export async function answerPage(
  c: HonoContext<RouteEnv>,
  { title, body, status = 200 }: Readonly<{ title: string; body: Content; status?: 200 | 404 }>,
) {
  allowPage(c, 'strict');
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="icon" href="/pages/icon.svg" type="image/svg+xml" />
    <meta name="color-scheme" content="light dark" />
    <title>Orderflow: ${title}</title>
    <link rel="stylesheet" href="/pages/palette.css" />
    <link rel="stylesheet" href="/pages/page.css" />
  </head>
  <body>${raw(masthead)}<main class="page"><h1>${title}</h1>${body}</main></body>
</html>`;
  return c.html(page, status);
}

/** The text of one of the pages that have a file. */
export async function readPage(name: 'account.html' | 'docs.html' | 'login.html'): Promise<string> {
  const text = await readFile(join(ownPages.folder, name), 'utf8');
  return text.replace('<header></header>', masthead);
}

// Weights have three digits: of two kinds that are wanted as much, one that is named is meant more than one that is only let pass.
const namedItself = 1e-4;

/** What is wanted more, a page or JSON, on which the answer depends then. A browser wants pages; most programs do not say. */
export function wishOf(c: HonoContext<RouteEnv>): 'page' | 'json' | 'either' {
  c.header('vary', 'Accept', { append: true });
  const accepted = parseAccept(c.req.header('accept') ?? '');
  const weightOf = (type: string): number => {
    // Java's own client writes `*` for any.
    const ranges = [type, type.replace(/\/.*/, '/*'), '*/*', '*'];
    const named = ranges.flatMap((range) => accepted.find((one) => one.type.toLowerCase() === range) ?? []);
    const q = named[0]?.q ?? 0;
    return q > 0 && named[0]?.type.toLowerCase() === type ? q + namedItself : q;
  };
  const json = Math.max(weightOf('application/json'), weightOf('application/problem+json'));
  const more = weightOf('text/html') - json;
  return more === 0 ? 'either' : more > 0 ? 'page' : 'json';
}
