import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context as HonoContext } from 'hono';
import { html, raw } from 'hono/html';
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

/** Whether somebody looks at the answer in a browser, on which it depends then: a program that takes pages too says that it takes JSON. */
export function wantsPage(c: HonoContext<RouteEnv>): boolean {
  c.header('vary', 'Accept', { append: true });
  const accept = c.req.header('accept') ?? '';
  return accept.includes('text/html') && !accept.includes('json');
}
