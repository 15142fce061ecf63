import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Token } from '../../../src/entities/accounts.entity.ts';
import { Order, OrderLine } from '../../../src/entities/orders.entity.ts';
import { type Platform, startPlatform } from '../../support/processes/platform.ts';
import { startProcess, until } from '../../support/processes/process.ts';

const { scenarios } = z
  .object({
    scenarios: z.object({
      rush: z.object({ paceAt: z.function({ input: [z.number(), z.number()], output: z.number() }) }),
    }),
  })
  .parse(await import(new URL('../../../bin/demo/scenarios.js', import.meta.url).href));

let platform: Platform;
let folder: string;
beforeAll(async () => {
  platform = await startPlatform();
  folder = await mkdtemp(join(tmpdir(), 'orderflow-demo-'));
  await mkdir(join(folder, 'up'));
  const { finnhub, stripe, control } = platform.sandbox.urls;
  const [run, real] = [
    { api: platform.url, sandbox: { finnhub, stripe, control } },
    { api: platform.url, sandbox: {} },
  ];
  await writeFile(join(folder, 'up', 'run.json'), JSON.stringify(run));
  await mkdir(join(folder, 'real'));
  await writeFile(join(folder, 'real', 'run.json'), JSON.stringify(real));
});
afterAll(async () => {
  await platform.stop();
  await rm(folder, { recursive: true });
});

const demo = (dataFolder: string, ...args: string[]) =>
  startProcess('bin/demo.js', args, { DATA_DIR: join(folder, dataFolder), NO_COLOR: '1' });
const FaultList = z.array(z.looseObject({ target: z.string(), kind: z.string() }));
const ordersOf = () => platform.orm.em.fork().count(Order, { user: 1 });
const tallyOf = (output: string) => {
  const said = /Demo ended: (.*)/.exec(output)?.[1] ?? '';
  const numbers = new Map(Array.from(said.matchAll(/(\d+) ([a-z ]+\w)/g), ([, n, what]) => [what, Number(n)]));
  return (what: string) => numbers.get(what) ?? -1;
};

test('it ends when its time is over, and counts what it has ordered', async () => {
  const shopping = demo('up', '--seconds', '6', '--pace', '400');
  await until('the end', () => (/Demo ended/.test(shopping.output()) ? true : undefined));
  const tally = tallyOf(shopping.output());
  expect(tally('refused')).toBe(0);
  const em = platform.orm.em.fork();
  expect(tally('orders')).toBe(await em.count(Order, { user: 1 }));
  expect(tally('orders')).toBeGreaterThan(0);
});

test('it orders, is paid and reads prices until Ctrl-C, and ends with its tally', async () => {
  const shopping = demo('up', '--pace', '600');
  const told = /^[1-9]\d* orders · [1-9]\d* paid · .* · [1-9]\d* market reads/m;
  await until('all of it', () => (told.test(shopping.output()) ? true : undefined));
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

test('who is logged out logs in again, and nothing is missed', async () => {
  const before = await ordersOf();
  const shopping = demo('up', '--pace', '600', '--seed', '3');
  await until('some orders', async () => ((await ordersOf()) > before + 5 ? true : undefined));
  const ended = await platform.send('DELETE', '/auth/tokens');
  expect(ended.status).toBe(204);
  const atLogout = await ordersOf();
  await until('more orders', async () => ((await ordersOf()) > atLogout + 5 ? true : undefined));
  await until('paid ones are heard of again', () => {
    const lines = shopping.output().match(/^\d+ orders · \d+ paid/gm) ?? [];
    const paid = lines.map((line) => Number(/(\d+) paid/.exec(line)?.[1]));
    return (paid.at(-1) ?? 0) > atLogout - before + 5 ? true : undefined;
  });
  await shopping.signal('SIGINT');
  await until('its tally', () => (/Demo ended/.test(shopping.output()) ? true : undefined));
  expect(tallyOf(shopping.output())('refused')).toBe(0);
});

test('who only watches logs in again as well', async () => {
  const shopping = demo('up', '--pace', '0.001', '--seed', '1');
  await until('the first words', () => (/Shopping at/.test(shopping.output()) ? true : undefined));
  await platform.orm.em.fork().nativeDelete(Token, { user: 1 });
  await until('an order of somebody for them is heard of', async () => {
    await platform.send('POST', '/orders', { user_id: 1, products: [1] }, 'admin');
    return /^0 orders · [1-9]\d* paid/m.test(shopping.output()) ? true : undefined;
  });
  await shopping.signal('SIGINT');
  await until('its tally', () => (/Demo ended/.test(shopping.output()) ? true : undefined));
});

test('the same seed orders the same', async () => {
  const orderedBy = async (seed: string) => {
    const before = await ordersOf();
    const shopping = demo('up', '--pace', '3000', '--seed', seed);
    await until('some orders', async () => ((await ordersOf()) >= before + 12 ? true : undefined));
    await shopping.signal('SIGINT');
    await until('its tally', () => (/Demo ended/.test(shopping.output()) ? true : undefined));
    const em = platform.orm.em.fork();
    const orders = await em.find(Order, { user: 1 }, { orderBy: { id: 'asc' }, offset: before, limit: 12 });
    const lines = await em.find(
      OrderLine,
      { order: { $in: orders.map(({ id }) => id) } },
      { orderBy: { position: 'asc' } },
    );
    return orders.map(({ id }) =>
      lines.filter(({ order }) => order === id).map(({ productId, quantity }) => [productId, quantity]),
    );
  };
  const first = await orderedBy('7');
  expect(await orderedBy('7')).toEqual(first);
  expect(await orderedBy('8')).not.toEqual(first);
});

test('a decline is what most cards get, where it is asked for', async () => {
  const shopping = demo('up', '--pace', '600', '--scenario', 'decline', '--seed', '1');
  const told = /^(\d+) orders · \d+ paid · (\d+) declined/gm;
  await until('more than half of ten or more', () => {
    const lines = [...shopping.output().matchAll(told)].map(([, orders, declined]) => [
      Number(orders),
      Number(declined),
    ]);
    return lines.some(([orders = 0, declined = 0]) => orders >= 10 && declined > orders / 2) ? true : undefined;
  });
  await shopping.signal('SIGINT');
  await until('its tally', () => (/Demo ended/.test(shopping.output()) ? true : undefined));
});

test('an outage is switched on and off again at the sandbox, also when the demo ends in it', async () => {
  const shopping = demo('up', '--scenario', 'outage', '--pace', '60');
  await until('the outage', () => (/The payment gateway is away for 15 s/.test(shopping.output()) ? true : undefined));
  const faults = async () =>
    FaultList.parse(await (await fetch(new URL('/faults', platform.sandbox.urls.control))).json());
  expect(await faults()).toMatchObject([{ target: 'stripe', kind: '5xx', rate: 1 }]);
  await shopping.signal('SIGINT');
  await until('its tally', () => (/Demo ended/.test(shopping.output()) ? true : undefined));
  expect(await faults()).toEqual([]);
});

test('a scenario that needs the sandbox says so where there is none, and one that there is not is refused', async () => {
  const [outage, decline, unknown, seed] = [
    demo('real', '--scenario', 'outage'),
    demo('real', '--scenario', 'decline'),
    demo('up', '--scenario', 'party'),
    demo('up', '--seed', 'lucky'),
  ];
  await until('all ends', () =>
    [outage, decline, unknown, seed].every((one) => one.output() !== '') ? true : undefined,
  );
  expect(outage.output()).toMatch(
    /^--scenario outage plays with the sandbox's fault switches, and what runs here has none/,
  );
  expect(decline.output()).toMatch(/^--scenario decline plays with the sandbox's payment gateway/);
  expect(unknown.output()).toBe('--scenario must be one of usual, rush, decline, outage\n');
  expect(seed.output()).toBe('--seed must be a whole number, 0 or more\n');
});

test('a rush comes again and again, ten times as many as else', () => {
  const { paceAt } = scenarios.rush;
  expect([0, 4_999, 5_000, 19_999, 20_000, 44_999, 45_000].map((ms) => paceAt(30, ms))).toEqual([
    30, 30, 300, 300, 30, 30, 300,
  ]);
});
