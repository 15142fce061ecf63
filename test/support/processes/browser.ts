import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { z } from 'zod';
import { patienceMs } from './process.ts';

const { installedAt } = z
  .object({ installedAt: z.array(z.string()) })
  .parse(await import(new URL('../../../bin/servers/test-browser.js', import.meta.url).href));

/** Where a Chromium is, if there is one: what the set-up has found, or what is installed. */
export const chromiumPath = [process.env['TEST_CHROMIUM'] ?? '', ...installedAt].find(existsSync);

// Nothing but the page is to be heard on the network.
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page in a real browser, and what it has complained about or asked of others. */
export type BrowserPage = Readonly<{
  page: Page;
  context: BrowserContext;
  /** Errors of scripts and of the console, and requests to another origin than `origin`. */
  faults(origin: string): readonly string[];
  close(): Promise<void>;
}>;

/** Opens a browser with a profile of its own. */
export async function openBrowser(executablePath: string): Promise<BrowserPage> {
  const profile = await mkdtemp(join(tmpdir(), 'orderflow-browser-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: flags, headless: true });
  context.setDefaultTimeout(patienceMs);
  const page = context.pages()[0] ?? (await context.newPage());
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => requests.push(request.url()));
  return {
    page,
    context,
    faults: (origin) => [...errors, ...requests.filter((url) => new URL(url).origin !== origin)],
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Loss = Readonly<{ isCut?: boolean; until?: () => Promise<void> }>;

/**
 * Lets the next write at a path that ends so arrive, and loses its answer, not before `until` has come true; with `isCut` it does not
 * even arrive.
 */
export async function loseAnswer(page: Page, path: string, { isCut = false, until }: Loss = {}): Promise<void> {
  let isLost = false;
  await page.route(`**${path}`, async (route) => {
    if (isLost || route.request().method() !== 'POST') return route.fallback();
    isLost = true;
    if (!isCut) await route.fetch();
    await until?.();
    return route.abort();
  });
}
