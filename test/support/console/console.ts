import { randomUUIDv7 } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import type { accounts } from '../api/test-api.ts';
import { glance } from '../processes/browser-look.ts';
import type { BrowserPage } from '../processes/browser.ts';
import type { Platform } from '../processes/platform.ts';

/** What somebody logs in with. */
export type Credentials = Readonly<{ email: string; password: string }>;

/** The page at its addresses, in a real browser, on a real platform. */
export type Console = Readonly<{
  platform: Platform;
  browser: BrowserPage;
  page: Page;
  visit(path: string): Promise<unknown>;
  /** Logs in as somebody, or out. */
  logIn(account: keyof typeof accounts | Credentials | undefined): Promise<void>;
}>;

/** Opens the console for a test, or says that it cannot. */
export type OpenConsole = (what: string) => Console | undefined;

/** What is shown fits, has no serious fault, and has brought about no error and no outside request. */
export async function expectSound({ browser, platform }: Console, name: string): Promise<void> {
  await glance(browser, name);
  expect(browser.faults(platform.url)).toEqual([]);
}

/** A tab of somebody who lives where it is another day than in UTC now, and that day. */
export async function openAbroad({ browser: { context } }: Console): Promise<Readonly<{ tab: Page; day: string }>> {
  const now = new Date();
  const [timezoneId, days] = now.getUTCHours() < 10 ? ['Etc/GMT+12', -1] : ['Etc/GMT-14', 1];
  const tab = await context.newPage();
  const devtools = await context.newCDPSession(tab);
  await devtools.send('Emulation.setTimezoneOverride', { timezoneId });
  return { tab, day: new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10) };
}

/** A job that gave up. */
export async function bury({ orm }: Platform, kind: string, told: Partial<Buried> = {}): Promise<Buried> {
  const letter = {
    id: randomUUIDv7(),
    reason: 'GiveUp: the feed is no list',
    payload: '{}',
    attempts: 1,
    diedAt: new Date(),
    ...told,
  };
  await orm.em.fork().insert(DeadLetter, { jobId: randomUUIDv7(), kind, ...letter });
  return letter;
}

type Buried = Readonly<{ id: string; reason: string; payload: string; attempts: number; diedAt: Date }>;

/** Of whatever has given up so far, somebody has taken care. */
export async function settleLetters({ orm }: Platform): Promise<void> {
  await orm.em.fork().nativeUpdate(DeadLetter, { replayedAt: null }, { replayedAt: new Date() });
}
