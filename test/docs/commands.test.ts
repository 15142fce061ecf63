import { spawn } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';
import { Platform, plainEnvironment } from '../support/processes/platform-process.ts';
import { follow, freePort, until } from '../support/processes/process.ts';
import { type Block, blocksOf, commandsOf } from '../support/blocks.ts';

const folders = ['docs', 'src', 'sandbox', 'examples', 'dashboard'];
const pages = [
  'README.md',
  ...folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];
/** Pages whose commands have tests of their own. */
const triedElsewhere = ['docs/add-a-job.md', 'docs/add-a-gateway.md', 'docs/add-market-data.md', 'examples/README.md'];
const triedHere = pages.filter((page) => !triedElsewhere.includes(page));
const scripts = triedHere.flatMap((page) => blocksOf(page).filter(({ language }) => language === 'sh'));
/** Scripts to paste as a whole: they speak to the API. All others are commands, line by line. */
const isPasted = ({ text }: Block) => text.includes('curl ');
const pastedIn = (page: string) => blocksOf(page).filter(isPasted);
const inText = triedHere.flatMap((page) =>
  Array.from(
    readFileSync(page, 'utf8').matchAll(/`((?:(?:npm|npx|node|docker|cp) |examples\/)[^`]+)`/g),
    ([, command = '']) => command,
  ),
);
/** Not run here, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  'npm run audit': 'asks the registry; tests ask nobody outside',
  'npm run bench': 'takes minutes',
  'npm run chaos': 'takes minutes',
  'npm run test:image': 'takes minutes',
  'npm run drill': 'takes minutes, and brings clusters',
  'npm run test:servers': 'takes minutes, and brings servers',
  'npm run check': 'runs nothing; .ci/run calls it before the tests',
  'docker compose up --build': 'needs Docker; test/docs/docker.test.ts reads its files',
  'docker compose exec api node src/commands/doctor.ts': 'needs Docker; what it calls there is run here',
  'docker compose run --rm api node src/commands/doctor.ts': 'needs Docker; what it calls there is run here',
  'docker compose run --rm migrate': 'needs Docker; what it calls there is run here',
};
/** What stands for the words in capitals. */
const spelled = (command: string) =>
  command
    .replace(/NAME|KIND/, 'count-parcels')
    .replace('test/path/of.test.ts', 'test/money/money.test.ts')
    .replace(/^npm test$/, 'npm test -- test/money/money.test.ts')
    .replace(/^npm run demo$/, 'npm run demo -- --seconds 2')
    .replace(' [queue …]', ' payments upkeep')
    .replace(/^node /, `"${process.execPath}" `);

/** A new job is made first, so that all else runs with it, and what may leave a new migration comes last. */
const order = ['new:job', 'npm', 'migration:create'];
const placeOf = (command: string) => order.findIndex((part) => command.includes(part));
/** Each command once, however often and in whichever words the pages name it. */
const commands = [
  ...new Map(
    [...scripts.filter((block) => !isPasted(block)).flatMap(commandsOf), ...inText].map((command) => [
      spelled(command),
      command,
    ]),
  ).values(),
].toSorted((a, b) => placeOf(a) - placeOf(b));

let checkout: Checkout;
let platform: Platform;
let api: string;
beforeAll(async () => {
  checkout = makeCheckout();
  copyFileSync(join(checkout.folder, '.env.example'), join(checkout.folder, '.env'));
  // With prices, which .env.example leaves out.
  platform = new Platform(checkout, await freePort(), { WATCHLIST: 'AAPL,BINANCE:BTCUSDT' });
  ({ api } = await platform.ready());
});
afterAll(() => {
  platform.signalGroup('SIGKILL');
  checkout[Symbol.dispose]();
});

/** The environment of a process that is started beside the platform, on its servers. */
async function besidePlatform(): Promise<Record<string, string>> {
  const { mysql, redis } = platform.run();
  return {
    ...plainEnvironment(),
    NODE_ENV: 'development',
    PAYMENT_GATEWAY: 'instant',
    LOG_LEVEL: 'warn',
    MYSQL_HOST: mysql.host,
    MYSQL_PORT: String(mysql.port),
    MYSQL_USER: mysql.user,
    MYSQL_PASSWORD: mysql.password,
    MYSQL_DB: mysql.database,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    REDIS_DB: String(redis.db),
    PORT: String(await freePort()),
    HEALTH_PORT: String(await freePort()),
  };
}
const start = (command: string, env: Readonly<Record<string, string>>) =>
  follow(spawn('sh', ['-c', `exec ${command}`], { cwd: checkout.folder, env, stdio: 'pipe' }));
async function run(script: string, env: Readonly<Record<string, string>> = plainEnvironment()) {
  const child = spawn('sh', ['-ec', script], { cwd: checkout.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const { output } = follow(child);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output: output() };
}

describe('every command that the pages name', () => {
  const isStart = (command: string) => /^npm start$/.test(command);
  const isInImage = (command: string) => command.startsWith('node src/commands/');
  const isProcess = (command: string) => command.startsWith('node src/') && !isInImage(command);
  const isFollower = (command: string) => /^(node )?examples\//.test(command);
  const isOnce = (command: string) =>
    ![isStart, isInImage, isProcess, isFollower].some((is) => is(command)) && !elsewhere[command];

  it('is found', () => {
    expect(commands).toEqual(expect.arrayContaining(['npm start', 'npm run migrate', ...Object.keys(elsewhere)]));
    for (const is of [isStart, isInImage, isProcess, isFollower, isOnce]) expect(commands.some(is)).toBe(true);
    expect(readFileSync('.ci/run', 'utf8')).toMatch(/^npm run check /m);
  });

  it('npm start: it is what all others run beside', () => {
    expect(platform.output).toContain('Orderflow is ready.');
  });

  it.each(commands.filter(isProcess))('%s', async (command) => {
    const env = await besidePlatform();
    const started = start(spelled(command), env);
    const url = `http://127.0.0.1:${env['HEALTH_PORT'] ?? ''}/readyz`;
    await until(
      () => `${command} ready: ${started.output()}`,
      async () => ((await fetch(url).catch(() => undefined))?.ok ? true : undefined),
    );
    await started.signal('SIGTERM');
  });

  it.each(commands.filter(isInImage))('%s', async (command) => {
    const { code, output } = await run(spelled(command), await besidePlatform());
    expect(code, output).toBe(0);
  });

  it.each(commands.filter(isFollower))('%s', async (command) => {
    if (command.endsWith('.sh') && (await run('command -v redis-cli')).code !== 0) {
      process.stdout.write(`${command}: not run, there is no redis-cli\n`);
      return;
    }
    const from = command.endsWith('.sh') ? ' orders 0' : '';
    const started = start(`${spelled(command)}${from}`, plainEnvironment());
    await paste('docs/first-steps.md');
    await until(
      () => `a line: ${started.output()}`,
      () => started.output().includes('order.created') || undefined,
    );
    await started.signal('SIGTERM');
  });

  it.each(commands.filter(isOnce))('%s', async (command) => {
    const { code, output } = await run(spelled(command));
    expect(code, output).toBe(0);
    if (command.startsWith('npm test')) expect(output).toMatch(/^[1-9]\d* passed, 0 failed$/m);
    if (command.includes('migration:create')) expect(output).toContain('No changes required');
    if (command.endsWith('--picture')) expect(output).toMatch(/^(wrote|kept) docs\/pictures\//m);
    if (command === 'npm run docs')
      expect(readFileSync(join(checkout.folder, 'docs/schema.md'), 'utf8')).toBe(
        readFileSync('docs/schema.md', 'utf8'),
      );
  });
});

/** Runs the one script to paste of a page, at the platform of this test, and answers what it has written. */
async function paste(page: string): Promise<string> {
  const [script, ...others] = pastedIn(page);
  expect(others).toEqual([]);
  const { code, output } = await run(script?.text.replaceAll('http://127.0.0.1:8012', api) ?? '');
  expect(code, output).toBe(0);
  return output;
}

it('every script to paste is pasted here', () => {
  const pasted = triedHere.filter((page) => pastedIn(page).length > 0);
  expect(pasted.toSorted()).toEqual(['README.md', 'docs/alerts.md', 'docs/first-steps.md']);
});

/** The answers that a script has written, one behind the other. */
const answersIn = (output: string) =>
  z.array(z.looseObject({})).parse(JSON.parse(`[${output.replaceAll(/\}\s*\{/g, '},{')}]`));

it('alerts are made as their page says', async () => {
  const [above, percent, all] = answersIn(await paste('docs/alerts.md'));
  expect(above).toMatchObject({ above: 5_000, once: false, status: 'active' });
  expect(percent).toMatchObject({ percent: 10, once: true, order: { max_total: 120, currency: 'USD' } });
  expect(all?.['data']).toMatchObject([{ id: percent?.['id'] }, { id: above?.['id'] }]);
});

it('the lines to try answer as they say', async () => {
  const answers = answersIn(await paste('docs/first-steps.md'));
  const [first, again, mine, found, ...market] = answers;
  expect(first).toMatchObject({ status: 'pending', total_amount: 100 });
  expect(again).toEqual(first);
  expect(mine?.['data']).toContainEqual(expect.objectContaining({ id: first?.['id'] }));
  expect(found?.['data']).toContainEqual(expect.objectContaining({ source: expect.not.stringMatching(/^local$/) }));
  expect(market).toMatchObject([{ c: expect.any(Number) }, { name: 'Apple Inc' }, { base: 'EUR' }]);
});

it('the most convincing minute ends as it says', async () => {
  const before = platform.output.length;
  expect(await paste('README.md')).toMatch(/\b30 charges of 30 orders\n$/);
  for (const part of ['worker', 'redis'])
    expect(platform.output.slice(before)).toContain(`${part} ended (SIGKILL); starting it again`);
});

describe('every path that the pages name', () => {
  const Description = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
  /** Not described: Bull Board, what HEALTH_PORT alone has, addresses of upstreams, and what a page makes itself. */
  const others =
    /^\/(admin\/queues|metrics|autoscale\/|quote|search|company-news|stock\/|forex\/rates|v1\/|(charges|refunds|market\/(dividends)?)$)/;

  it('is one of the API, with that method', async () => {
    const { paths } = Description.parse(await (await fetch(`${api}/openapi.json`)).json());
    const known = Object.entries(paths).map(([path, methods]) => ({
      methods: Object.keys(methods).map((method) => method.toUpperCase()),
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    }));
    const named = pages
      .filter((page) => !page.startsWith('sandbox'))
      .flatMap((page) => {
        const found = readFileSync(page, 'utf8').matchAll(
          /(?:`(?:(GET|POST|PUT|PATCH|DELETE) )?|127\.0\.0\.1:8012|\$API)(\/[\w{}/.-]*)(?:\?[^`>"]*)?[`>"\s]/g,
        );
        return Array.from(found, ([, method, path = '']) => ({ page, method, path }));
      })
      .filter(({ path }) => !others.test(path));
    const strangers = named.filter(
      ({ method, path }) =>
        !known.some(({ pattern, methods }) => pattern.test(path) && (method === undefined || methods.includes(method))),
    );
    expect(strangers).toEqual([]);
    expect(named.length).toBeGreaterThan(40);
  });
});
