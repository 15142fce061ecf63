import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { DeadLetter } from '../../src/entities/ops.entity.ts';
import { plainEnvironment } from '../support/processes/platform-process.ts';
import { logIn, type Platform, startPlatform } from '../support/processes/platform.ts';
import { follow, until } from '../support/processes/process.ts';
import { listen } from '../support/upstreams/local-server.ts';

const Listed = z.object({ data: z.array(z.unknown()) });
let platform: Platform;
let folder: string;
let key: string;
beforeAll(async () => {
  platform = await startPlatform();
  key = await logIn(platform.url, 'demo');
  folder = await mkdtemp(join(tmpdir(), 'orderflow-cli-'));
  await mkdir(join(folder, 'up'));
  await writeFile(join(folder, 'up', 'run.json'), JSON.stringify({ api: platform.url, processes: [] }));
});
afterAll(async () => {
  await platform.stop();
  await rm(folder, { recursive: true });
});

/** As a newcomer's Node runs it, beside a platform that runs here. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const beside = { ...plainEnvironment(), NO_COLOR: '1', DATA_DIR: join(folder, 'up') };
  const child = spawn('node', ['bin/cli.js', ...args], {
    env: { ...beside, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complained = '';
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (complained += bytes.toString()));
  const { ended, signal } = follow(child);
  return { ended, signal, said: () => said, complained: () => complained };
}
async function run(...args: readonly string[]) {
  const cli = start(args, { ORDERFLOW_KEY: key });
  const code = await cli.ended;
  return { code, said: cli.said(), complained: cli.complained() };
}
const linesOf = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
const idOf = (said: string) => said.slice(0, said.indexOf(' '));

it('places an order, stays until it is paid, and shows its story', async () => {
  const placed = await run('orders', 'place', '1', '2x2', '--total', '140', '--watch');
  expect(placed).toMatchObject({ code: 0, complained: '' });
  expect(placed.said).toMatch(/^(\S+ {2}pending.*\n)?\S+ {2}paid {2}USD\s140\.00 {2}1 × \S.*, 2 × \S.*\n$/);
  const shown = await run('orders', 'show', idOf(placed.said));
  expect(shown.said).toMatch(/ {2}paid {2}/);
  expect(shown.said).toContain('order.paid');
  const [order] = linesOf((await run('orders', 'show', idOf(placed.said), '--json')).said);
  expect(order).toMatchObject({ status: 'paid', timeline: expect.arrayContaining([expect.anything()]) });
});

it('places one order for one intention', async () => {
  const ids = [];
  for (const _ of [1, 2]) ids.push(idOf((await run('orders', 'place', '1', '--intention', 'cart-4711')).said));
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(ids[1]).toBe(ids[0]);
});

it('says by its exit code that an order is not paid', async () => {
  const watched = await run('orders', 'place', '1', '--method', 'pm_card_chargeDeclined', '--watch', '--json');
  expect(watched.code).toBe(1);
  expect(linesOf(watched.said).at(-1)).toMatchObject({ status: 'payment_failed' });
});

it('reads prices, of shares and of coins, without a key', async () => {
  for (const [symbol, name, flags] of [
    ['AAPL', 'AAPL', []],
    ['BINANCE:BTCUSDT', 'BINANCE:BTCUSDT', []],
    ['BTC', 'BINANCE:BTCUSDT', ['--crypto']],
  ] as const) {
    const cli = start(['quote', symbol, ...flags, '--json']);
    expect(await cli.ended, cli.complained()).toBe(0);
    expect(linesOf(cli.said())).toMatchObject([{ symbol: name, c: expect.any(Number) }]);
  }
});

it('follows a stream until Ctrl-C, also from a position on', async () => {
  const tail = start([
    'tail',
    'orders',
    '--all',
    '--as',
    'admin',
    '--json',
    '--after',
    '0-1',
    '--types',
    'order.created',
  ]);
  await run('orders', 'place', '1');
  await until(
    () => `an event: ${tail.complained()}`,
    () => tail.said().includes('"order.created"') || undefined,
  );
  await tail.signal('SIGINT');
  expect(await tail.ended).toBe(0);
  expect(linesOf(tail.said())).toEqual(
    expect.arrayContaining([expect.objectContaining({ type: 'order.created', position: expect.any(String) })]),
  );
  expect(tail.said()).not.toContain('"order.paid"');
  const market = start(['tail', 'market', '--symbols', 'NVDA', '--after', '0-1']);
  expect(await run('quote', 'NVDA')).toMatchObject({ code: 0 });
  await until('a price', () => /^\S+Z {2}quote\.updated {2}NVDA {2}\{"symbol"/m.test(market.said()) || undefined);
  await market.signal('SIGTERM');
  expect(await market.ended).toBe(0);
  expect(await run('tail', 'market', '--types', 'quote.update')).toMatchObject({
    code: 1,
    complained: expect.stringContaining('quote.update'),
  });
});

it('watches an order, and all orders until Ctrl-C', async () => {
  const all = start(['orders', 'watch'], { ORDERFLOW_KEY: key });
  const { said } = await run('orders', 'place', '1');
  const watched = await run('orders', 'watch', idOf(said));
  expect(watched).toMatchObject({ code: 0, said: expect.stringMatching(/ {2}paid {2}.*\n$/) });
  await until('events', async () => {
    if (all.said() !== '') return true;
    await run('orders', 'place', '1');
    return undefined;
  });
  expect(all.said()).toMatch(/^\S+Z {2}order\.\w+ {2}[0-9a-f-]{36}\n/);
  await all.signal('SIGINT');
  expect(await all.ended).toBe(130);
});

it('shows jobs to operators, and a job to whoever has its id', async () => {
  const jobs = start(['jobs', '--kind', 'charge-order', '--state', 'completed', '--limit', '1', '--as', 'admin']);
  expect(await jobs.ended, jobs.complained()).toBe(0);
  expect(jobs.said()).toMatch(/^[0-9a-f-]{36} {2}charge-order {2}completed {2}1 attempts {2}\S+Z\n$/);
  expect(await run('jobs', idOf(jobs.said()))).toMatchObject({
    code: 0,
    said: expect.stringContaining('charge-order'),
  });
  expect(await run('jobs')).toMatchObject({
    code: 1,
    complained: expect.stringMatching(/^Not for you: .*operator.*\nhttp\S+\/problems\/forbidden\n$/),
  });
});

it('has dead letters replayed, each once, but only those that are meant', async () => {
  const em = platform.orm.em.fork();
  const id = '019341d2-0000-7000-8000-0000000000aa';
  const letter = {
    id,
    kind: 'prune-records',
    jobId: id,
    payload: '{}',
    reason: 'Away.',
    attempts: 3,
    diedAt: new Date(),
  };
  await em.insert(DeadLetter, letter);
  expect((await run('dead', 'replay', '--as', 'admin')).code).toBe(2);
  const replay = async (...more: readonly string[]) => {
    const cli = start(['dead', 'replay', ...more, '--as', 'admin']);
    expect(await cli.ended, cli.complained()).toBe(0);
    return cli.said();
  };
  expect(await replay('--all', '--dry-run')).toBe(`${id}  prune-records  would be replayed\n1 of 1\n`);
  expect(await replay(id)).toMatch(new RegExp(`^${id} {2}prune-records {2}[0-9a-f-]{36}\n1 of 1\n$`));
  expect(await replay('--kind', 'prune-records')).toBe('0 of 0\n');
  // More than the API takes up where nobody says how many.
  const ids = Array.from({ length: 21 }, (_none, index) => id.slice(0, -2) + (10 + index));
  await em.insertMany(
    DeadLetter,
    ids.map((each) => ({ ...letter, id: each, jobId: each })),
  );
  expect(await replay(...ids)).toContain('21 of 21\n');
});

it('tells refusals by the problem, to people and to programs', async () => {
  const wrong = await run('orders', 'place', '99999');
  expect(wrong).toMatchObject({ code: 1, said: '' });
  expect(wrong.complained).toMatch(
    /^Unknown product: .*\n {2}\/items\/0\/product_id: .*\nhttp\S+\/problems\/unknown_product\n$/,
  );
  const again = await run('orders', 'place', '99999', '--json');
  expect(again).toMatchObject({ code: 1, said: '' });
  expect(linesOf(again.complained)).toMatchObject([{ code: 'unknown_product', status: 422 }]);
});

it('prints nothing that a terminal would take for a command', async () => {
  const items = [{ product_id: 1, title: '\u001b[2Jmug\u009b31m\r', quantity: 1, unit_price: 1, line_total: 1 }];
  const order = { id: 'an order', status: 'paid', items, total_amount: 1, currency: 'USD', payment: null };
  const hostile = await listen((_, response) => {
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(order));
  });
  for (const flags of [[], ['--json']]) {
    const cli = start(['orders', 'place', '1', ...flags], { ORDERFLOW_URL: hostile.url });
    expect(await cli.ended, cli.complained()).toBe(0);
    expect(cli.said()).toContain('mug');
    expect(cli.said()).not.toMatch(/[^\P{Cc}\n]/u);
    if (flags.length > 0) expect(linesOf(cli.said())).toEqual([order]);
  }
  await hostile.close();
});

it.each([
  [['orders', 'place'], 'Name the products'],
  [['orders', 'place', 'mug'], `'mug' is no product`],
  [['orders', 'place', '1', '--total', 'much'], '--total must be a number'],
  [['orders', 'show'], 'Name one order'],
  [['orders', 'show', '..'], 'Name one order'],
  [['orders', 'watch', ''], 'Name one order'],
  [['jobs', ''], 'Name one job'],
  [['quote', 'A', 'B'], 'Name one symbol'],
  [['tail', 'catalog'], `There is no stream 'catalog' to follow`],
  [['jobs', '--state', 'lost'], '--state is one of waiting'],
  [['jobs', '--limit', 'few'], '--limit must be a whole number'],
  [['quote', 'AAPL', '--fresh'], `Unknown option '--fresh'`],
  [['sell'], `There is no command 'sell'`],
  [['quote', 'AAPL', '--as', 'root'], '--as takes demo or admin'],
])('%j is called wrongly', async (args, complaint) => {
  const called = await run(...args);
  expect(called).toMatchObject({ code: 2, said: '' });
  expect(called.complained).toContain(complaint);
});

it('explains itself, without a platform too', async () => {
  const down = { DATA_DIR: join(folder, 'down') };
  for (const [args, says] of [
    [[], /^Usage: orderflow COMMAND/],
    [['--help'], /orders place PRODUCT\[xQUANTITY\] …/],
    [['orders', 'place', '--help'], /--currency CODE/],
  ] as const) {
    const cli = start(args, down);
    expect(await cli.ended).toBe(0);
    expect(cli.said()).toMatch(says);
  }
  const lost = start(['quote', 'AAPL'], down);
  expect(await lost.ended).toBe(2);
  expect(lost.complained()).toMatch(
    /^Nothing runs in .*down\. Start the platform first, in another terminal: npm start\n/,
  );
});

it('names the remedy when there is no key, or one that is over', async () => {
  const without = start(['orders', 'place', '1']);
  expect(await without.ended).toBe(4);
  expect(without.complained()).toMatch(
    /Set ORDERFLOW_KEY .*\nBeside `npm start`, --as demo or --as admin logs in to the demo data\.\n$/,
  );
  const over = start(['orders', 'place', '1'], { ORDERFLOW_KEY: 'ofk_over', ORDERFLOW_URL: platform.url });
  expect(await over.ended).toBe(4);
  expect(over.complained()).not.toContain('--as');
});

it('says at once what nothing can be sent by, and that it is no matter of trying again', async () => {
  const order = ['orders', 'place', '1'];
  for (const [args, env, code, complaint] of [
    [order, { ORDERFLOW_URL: 'foo' }, 2, /^ORDERFLOW_URL: the url must begin with http/],
    [order, { ORDERFLOW_URL: platform.url, ORDERFLOW_KEY: 'ofk_ab…' }, 4, /^ORDERFLOW_KEY: the key has characters/],
    [[...order, '--intention', 'bestellung-ü€'], { ORDERFLOW_KEY: key }, 2, /^--intention: the intention has/],
    [['tail', 'market', '--after', '…'], { ORDERFLOW_KEY: key }, 2, /^--after: the position has characters/],
  ] as const) {
    const called = start(args, env);
    expect(await called.ended, called.complained()).toBe(code);
    expect(called.complained()).toMatch(complaint);
  }
});

it('logs in to the demo data of this machine alone, and out again', async () => {
  const elsewhere = start(['orders', 'place', '1', '--as', 'demo'], { ORDERFLOW_URL: platform.url });
  expect(await elsewhere.ended).toBe(2);
  expect(elsewhere.complained()).toContain('for ORDERFLOW_URL set ORDERFLOW_KEY');
  const before = await logins();
  const placed = start(['orders', 'place', '1', '--as', 'demo']);
  expect(await placed.ended, placed.complained()).toBe(0);
  expect(await logins()).toBe(before);
});

async function logins(): Promise<number> {
  const answer = await platform.send('GET', '/auth/tokens?limit=100');
  const { data } = Listed.parse(await answer.json());
  return data.length;
}
