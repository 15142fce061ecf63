import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { blocksOf } from '../support/blocks.ts';
import { placeOrder } from '../support/load/place-order.ts';
import { type Checkout, makeCheckout } from '../support/processes/checkout.ts';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { plainEnvironment } from '../support/processes/platform-process.ts';
import { follow, freePort, until } from '../support/processes/process.ts';
import { listen } from '../support/upstreams/local-server.ts';

const Packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);
const [buy = '', receive = ''] = blocksOf('docs/client.md')
  .filter(({ language }) => language === 'js')
  .map(({ text }) => text);
let checkout: Checkout;
let platform: Platform;
let folder: string;
let packed: z.output<typeof Packed>[0];
let key: string;
const run = (command: string, args: readonly string[], cwd: string) =>
  execFileSync(command, args, { cwd, env: plainEnvironment(), encoding: 'utf8', stdio: 'pipe' });

beforeAll(async () => {
  checkout = makeCheckout();
  folder = mkdtempSync(join(tmpdir(), 'orderflow-stranger-'));
  const pack = ['pack', '--json', '--loglevel=error', '--pack-destination', folder];
  [packed] = Packed.parse(JSON.parse(run('npm', pack, join(checkout.folder, 'clients', 'typescript'))));
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`], folder);
  platform = await startPlatform();
  const scopes = ['orders:read', 'orders:write'];
  const made = await platform.send('POST', '/auth/keys', { name: 'A stranger', scopes });
  ({ key } = z.object({ key: z.string() }).parse(await made.json()));
});
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
  checkout[Symbol.dispose]();
});

// npm puts the product's own before it.
const systemNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((each) => !each.includes('node_modules'))
  .map((each) => join(each, 'node'))
  .find((each) => existsSync(each));

/** Runs a program of the stranger's by the system's own Node, where there is one. */
function start(name: string, text: string, env: Readonly<Record<string, string>>) {
  writeFileSync(join(folder, name), text);
  return follow(
    spawn(systemNode ?? 'node', [name], { cwd: folder, env: { ...plainEnvironment(), ...env }, stdio: 'pipe' }),
  );
}

it('holds what it says, and needs nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['dist/src/orderflow.js', 'dist/src/orderflow.d.ts', 'dist/cli/main.js']),
  );
  expect(paths.filter((path) => !/^(package\.json|README\.md|dist\/.+\.(js|d\.ts))$/.test(path))).toEqual([]);
  const manifest: unknown = JSON.parse(
    readFileSync(join(folder, 'node_modules/@orderflow/client/package.json'), 'utf8'),
  );
  expect(manifest).not.toHaveProperty('dependencies');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
  expect(manifest).toMatchObject({ version });
  expect(readFileSync('docs/client.md', 'utf8')).toContain(`/${packed.filename}\n`);
});

it('places an order and watches it to paid, in the ten lines of the page', async () => {
  expect(buy.trim().split('\n').length).toBeLessThanOrEqual(10);
  const program = start('buy.mjs', buy, { ORDERFLOW_URL: platform.url, ORDERFLOW_KEY: key });
  expect(await program.ended, program.output()).toBe(0);
  expect(program.output()).toMatch(/^(pending\n)?paid\n$/);
});

it('takes a webhook of the platform, which is signed, and no other', async () => {
  const port = await freePort();
  const url = `http://localhost:${port}/`;
  const created = await platform.send('POST', '/webhooks', { url, types: ['order.paid'] });
  const { id, secret } = z.object({ id: z.string(), secret: z.string() }).parse(await created.json());
  const program = start('receive.mjs', receive, { PORT: String(port), WEBHOOK_SECRET: secret });
  const body = JSON.stringify({ id: randomUUID(), type: 'order.paid', subject: 'an order' });
  const headers = {
    'webhook-id': `msg_${randomUUID()}`,
    'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
    'webhook-signature': `v1,${Buffer.from('of somebody else').toString('base64')}`,
  };
  const forge = async () => (await fetch(url, { method: 'POST', headers, body })).status;
  expect(await until('it listens', () => forge().catch(() => undefined))).toBe(400);
  const order = await placeOrder(platform);
  const line = `order.paid ${order}\n`;
  await until('it is told', () => (program.output() === '' ? undefined : true));
  expect(program.output()).toBe(line);
  const Told = z.object({ data: z.array(z.object({ subject: z.string(), state: z.string() })) });
  await until('the platform knows', async () => {
    const { data } = Told.parse(await (await platform.send('GET', `/webhooks/${id}/deliveries`)).json());
    return data.some(({ subject, state }) => subject === order && state === 'delivered') ? true : undefined;
  });
  await program.signal('SIGTERM');
});

it('has types that hold for strangers: what is right is taken, and what is wrong is found', () => {
  const options = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.mts'] }));
  symlinkSync(join(checkout.folder, 'node_modules', 'typescript'), join(folder, 'node_modules', 'typescript'));
  const check = (text: string) => {
    writeFileSync(
      join(folder, 'program.mts'),
      `import { openOrderflow } from '@orderflow/client';\nconst o = openOrderflow();\n${text}`,
    );
    return checkout.run(`cd '${folder}' && node node_modules/typescript/bin/tsc -p .`);
  };
  const right = check(`
    const { status, total_amount } = await o.readOrder({ id: 'x' });
    const isPaid: boolean = status === 'paid' && total_amount > 0;
    for await (const news of o.followOrders()) if (news.type === 'order.paid') news.data.payment_id.length;
    for await (const { email } of o.all('listUsers')) email.length;
    export { isPaid };`);
  expect(right).toEqual({ status: 0, output: '' });
  const wrong = check(`
    await o.placeOrder({ body: { product: [1] } });
    await o.readOrder();
    for await (const news of o.followOrders()) if (news.type === 'order.payed') news;
    o.all('readOrder');
    export {};`);
  expect(wrong.output.match(/^program\.mts\(\d+/gm)).toEqual([
    'program.mts(4',
    'program.mts(5',
    'program.mts(6',
    'program.mts(7',
  ]);
});

it.each([
  ['there is no answer', 'silent'],
  ['an answer stays without its body', 'begun'],
])('gives a try up when its time is over and %s, also after a collection of garbage', async (_, id) => {
  const silent = await listen(({ url = '' }, response) => void (url.endsWith('silent') || response.flushHeaders()));
  onTestFinished(() => silent.close());
  const text = `
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { openOrderflow } from '@orderflow/client';
    setFlagsFromString('--expose-gc');
    setInterval(runInNewContext('gc'), 50).unref();
    const { readOrder } = openOrderflow({ url: process.env.ORDERFLOW_URL });
    await readOrder({ id: '${id}' }, { timeoutMs: 500, patienceMs: 0 }).catch(({ name }) => console.log(name));`;
  const program = start('wait.mjs', text, { ORDERFLOW_URL: silent.url });
  onTestFinished(() => program.signal('SIGKILL'));
  await until('its end', () => (program.output() === 'NoAnswer\n' ? true : undefined));
});

it('brings the command line', async () => {
  const env = { ...plainEnvironment(), ORDERFLOW_URL: platform.url, ORDERFLOW_KEY: key };
  const program = follow(
    spawn('npx', ['--offline', 'orderflow', 'orders', 'place', '1', '--json'], { cwd: folder, env }),
  );
  expect(await program.ended, program.output()).toBe(0);
  expect(JSON.parse(program.output())).toMatchObject({ total_amount: 60, currency: 'USD' });
});
