import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Order } from '../../src/entities/orders.entity.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { startProcess, until } from '../support/processes/process.ts';

let platform: Platform;
let folder: string;
beforeAll(async () => {
  platform = await startPlatform();
  folder = await mkdtemp(join(tmpdir(), 'orderflow-demo-'));
  await mkdir(join(folder, 'up'));
  const run = { api: platform.url, sandbox: { stripe: platform.sandbox.urls.stripe }, processes: [] };
  await writeFile(join(folder, 'up', 'run.json'), JSON.stringify(run));
});
afterAll(async () => {
  await platform.stop();
  await rm(folder, { recursive: true });
});

const demo = (dataFolder: string, ...args: string[]) =>
  startProcess('bin/demo.js', args, { DATA_DIR: join(folder, dataFolder), NO_COLOR: '1' });
const tallyOf = (output: string) => {
  const said = /Demo ended: (.*)/.exec(output)?.[1] ?? '';
  const numbers = new Map(Array.from(said.matchAll(/(\d+) ([a-z ]+\w)/g), ([, n, what]) => [what, Number(n)]));
  return (what: string) => numbers.get(what) ?? -1;
};

test('for as long as it is told, it orders, is paid and declined, and reads prices', async () => {
  const shopping = demo('up', '--seconds', '6', '--pace', '400');
  await until('the end', () => (/Demo ended/.test(shopping.output()) ? true : undefined));
  const tally = tallyOf(shopping.output());
  expect(tally('refused')).toBe(0);
  const em = platform.orm.em.fork();
  expect(tally('orders')).toBe(await em.count(Order, { user: 1 }));
  expect(tally('orders')).toBeGreaterThan(10);
  expect(tally('paid')).toBeGreaterThan(tally('orders') / 2);
  expect(tally('market reads')).toBeGreaterThan(2);
  expect(shopping.output()).toMatch(/^\d+ orders · \d+ paid · /m);
});

test('Ctrl-C ends it with its tally', async () => {
  const shopping = demo('up', '--pace', '600');
  await until('the first words', () => (/Shopping at/.test(shopping.output()) ? true : undefined));
  await shopping.signal('SIGINT');
  await until('its tally', () => (/Demo ended: \d+ orders/.test(shopping.output()) ? true : undefined));
});

test('without a running platform, or with senseless wishes, it says what to do', async () => {
  const [nothing, senseless] = [demo('down', '--seconds', '1'), demo('up', '--pace', 'fast')];
  await until('both ends', () => (nothing.output() && senseless.output() ? true : undefined));
  expect(nothing.output()).toMatch(
    /^Nothing runs in .*down\. Start the platform first, in another terminal: npm start\n$/,
  );
  expect(senseless.output()).toContain('--pace a number of orders a minute');
});
