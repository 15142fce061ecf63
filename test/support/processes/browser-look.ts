import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import type { BrowserPage } from './browser.ts';

const screenshots = join(import.meta.dirname, '..', '..', '..', '.data', 'screenshots');
// They are for people, and cost as much as much of the look: `PICTURES=1 npm test -- test/dashboard`.
const isPictured = process.env['PICTURES'] !== undefined;
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const sizes = {
  desktop: { width: 1280, height: 900 },
  tablet: { width: 768, height: 1_024 },
  phone: { width: 360, height: 740 },
};
type Size = keyof typeof sizes;
const Faults = z.array(z.string());

/**
 * Looks at what the page shows now, at a desk and on a phone, by day and by night: nothing is wider than the screen,
 * axe-core finds nothing serious. With `PICTURES` a picture of each whole page is kept.
 */
export async function look(at: BrowserPage, name: string, of: readonly Size[] = ['desktop', 'phone']): Promise<void> {
  for (const size of of)
    for (const colorScheme of ['light', 'dark'] as const) await lookAt(at, name, size, colorScheme);
  await at.page.setViewportSize(sizes.desktop);
}

/** As {@link look}, on a tablet too. */
export async function lookEverywhere(at: BrowserPage, name: string): Promise<void> {
  await look(at, name, ['desktop', 'tablet', 'phone']);
}

/** As {@link look}, quickly: at a desk by day and on a phone by night; with `parts`, what axe-core looks at are these alone. */
export async function glance(at: BrowserPage, name: string, parts?: readonly string[]): Promise<void> {
  await lookAt(at, name, 'desktop', 'light', parts);
  await lookAt(at, name, 'phone', 'dark', parts);
  await at.page.setViewportSize(sizes.desktop);
  await at.page.emulateMedia({ colorScheme: 'light' });
}

async function lookAt(
  at: BrowserPage,
  name: string,
  size: Size,
  colorScheme: 'light' | 'dark',
  parts?: readonly string[],
): Promise<void> {
  await at.page.setViewportSize(sizes[size]);
  await at.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  // A script that follows the colours does so before the next frame.
  await at.page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))');
  expect(await at.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(sizes[size].width);
  expect(await seriousFaults(at, parts)).toEqual([]);
  if (!isPictured) return;
  await mkdir(screenshots, { recursive: true });
  await at.page.screenshot({ path: join(screenshots, `${name}-${size}-${colorScheme}.png`), fullPage: true });
}

/** What axe-core finds that is serious or worse; it is run beside the page's policy, which allows no foreign script. */
async function seriousFaults({ page }: BrowserPage, parts: readonly string[] = ['html']): Promise<string[]> {
  if (await page.evaluate("!('axe' in window)")) await page.evaluate(await readFile(axe, 'utf8'));
  // It would describe each part of the page that is well, once a rule, and be longer about that than about all the looking.
  const options = JSON.stringify({ resultTypes: ['violations'] });
  const found = await page.evaluate(`axe.run(${JSON.stringify(parts)}, ${options}).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | ')))`);
  return Faults.parse(found);
}
