import { mkdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type BrowserPage, chromiumPath, openBrowser } from '../../test/support/processes/browser.ts';
import { candlePixels } from '../../test/support/page-scripts.ts';
import { until } from '../../test/support/processes/process.ts';

/** Where the picture of the live page stands. */
const pictureFile = 'docs/pictures/live-page.png';

const mostBytes = 150_000;
const size = { width: 1200, height: 1000 };
const Placed = z.looseObject({ id: z.uuid(), status: z.string() });

/**
 * Takes a picture of the live page of the platform that runs in this folder, and answers what came of it. Without one, or
 * without a Chromium, the picture that is there is kept. No two pictures are the same: prices move.
 */
export async function takePicture(): Promise<string> {
  const api = await runningApi();
  if (api === undefined) return `kept ${pictureFile}: nothing runs here; begin with npm start`;
  if (chromiumPath === undefined)
    return `kept ${pictureFile}: there is no Chromium; install one, or name it in TEST_CHROMIUM`;
  const browser = await openBrowser(chromiumPath);
  try {
    await browser.page.setViewportSize(size);
    await browser.page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await showOrders(browser, api);
    await browser.page.evaluate('scrollTo(0, 0)');
    await mkdir(dirname(pictureFile), { recursive: true });
    await browser.page.screenshot({ path: `${pictureFile}.new.png` });
  } finally {
    await browser.close();
  }
  return keepIfSmall(`${pictureFile}.new.png`);
}

/** Logs in as the demo customer, has two orders paid and one declined, and waits for the chart. */
async function showOrders({ page, context: { request } }: BrowserPage, api: string): Promise<void> {
  await page.goto(api);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Place an order' }).waitFor();
  await page.locator('[data-price]').waitFor();
  for (const payment_method of ['pm_card_visa', 'pm_card_chargeDeclined', 'pm_card_visa']) {
    const order = { data: { products: [1, 2], payment_method }, headers: { origin: api } };
    const { id } = Placed.parse(await (await request.post(`${api}/orders`, order)).json());
    await until('an order that is over', async () =>
      Placed.parse(await (await request.get(`${api}/orders/${id}`)).json()).status === 'pending' ? undefined : true,
    );
  }
  await until('the chart', async () => (z.int().parse(await page.evaluate(candlePixels)) > 100 ? true : undefined));
}

/** Where the API answers, if one runs here; a killed platform has left its address behind. */
async function runningApi(): Promise<string | undefined> {
  const text = await readFile('.data/run.json', 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { api } = z.object({ api: z.url() }).parse(JSON.parse(text));
  return (await fetch(`${api}/healthz`).catch(() => undefined))?.ok ? api : undefined;
}

async function keepIfSmall(made: string): Promise<string> {
  const { size: bytes } = await stat(made);
  if (bytes <= mostBytes) {
    await rename(made, pictureFile);
    return `wrote ${pictureFile}, ${Math.ceil(bytes / 1_000)} kB`;
  }
  await unlink(made);
  throw new Error(`the picture has ${bytes} bytes, and may have ${mostBytes}`);
}
