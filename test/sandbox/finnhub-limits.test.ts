import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { until } from '../support/processes/process.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
afterEach(() => sandbox.stop());

const quote = (key?: string) =>
  fetch(`${sandbox.urls.finnhub}/quote?symbol=AAPL`, key === undefined ? {} : { headers: { 'X-Finnhub-Token': key } });
/** What calls that have all arrived within a second are answered, and their key: another one a round. */
const withinASecond = (ask: (key: string) => Promise<readonly Response[]>) =>
  until('calls within a second', async () => {
    const key = randomUUID();
    const statuses = (await ask(key)).map(({ status }) => status);
    const times = (await sandbox.arrivals('finnhub')).filter((one) => one.key === key).map(({ at_ms }) => at_ms);
    return Math.max(...times) - Math.min(...times) < 1_000 ? { key, statuses } : undefined;
  });

test('the window opens with the first call of a key, and its headers count down', async () => {
  sandbox = await startSandbox({ env: { FINNHUB_PER_MINUTE: '3', FINNHUB_WINDOW_MS: '5000', FINNHUB_PER_SECOND: '' } });
  const beganAt = Date.now();
  const answers = [await quote('one'), await quote('one'), await quote('one'), await quote('one')];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['2', '1', '0', '0']);
  expect(answers.map(({ headers }) => headers.get('x-ratelimit-limit'))).toEqual(['3', '3', '3', '3']);
  const resets = answers.map(({ headers }) => Number(headers.get('x-ratelimit-reset')));
  expect(new Set(resets).size).toBe(1);
  expect(resets[0]).toBeGreaterThanOrEqual(Math.floor((beganAt + 5000) / 1000));
  expect(await answers[3]?.json()).toEqual({
    error: 'API limit reached. Please try again later. Remaining Limit: 0',
  });
  expect(answers[3]?.headers.has('retry-after')).toBe(false);
  expect((await quote('other')).status).toBe(200);
  await expect.poll(async () => (await quote('one')).status, { interval: 100 }).toBe(200);
  expect(Date.now() - beganAt).toBeGreaterThanOrEqual(5000);
});

test('no second holds more than the limit per second', async () => {
  sandbox = await startSandbox({ env: { FINNHUB_PER_SECOND: '5' } });
  const { statuses } = await withinASecond((key) => Promise.all(Array.from({ length: 8 }, () => quote(key))));
  expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
});

test.each([
  [[], 200],
  [['--count-rejected'], 429],
])('with %j, a call after a refused one is answered %i', async (args, status) => {
  sandbox = await startSandbox({ env: { FINNHUB_PER_MINUTE: '2', FINNHUB_PER_SECOND: '1' }, args });
  const { key, statuses } = await withinASecond(async (one) => [await quote(one), await quote(one)]);
  expect(statuses).toEqual([200, 429]);
  const refusedAt = performance.now();
  await expect.poll(() => performance.now() - refusedAt).toBeGreaterThan(1000);
  expect((await quote(key)).status).toBe(status);
});

test('an answer without a valid key says so and carries no limit headers', async () => {
  sandbox = await startSandbox();
  const [none, invalid] = [await quote(), await quote('invalid-key')];
  expect([none.status, await none.json()]).toEqual([401, { error: 'Please use an API key.' }]);
  expect([invalid.status, await invalid.json()]).toEqual([401, { error: 'Invalid API key.' }]);
  expect(none.headers.has('x-ratelimit-limit') || invalid.headers.has('x-ratelimit-limit')).toBe(false);
  const byToken = await fetch(`${sandbox.urls.finnhub}/quote?token=secret&symbol=AAPL`);
  expect(byToken.status).toBe(200);
  const arrivals = await sandbox.arrivals('finnhub');
  expect(arrivals.map(({ key, path, status }) => [key, path, status])).toEqual([
    [null, '/api/v1/quote?symbol=AAPL', 401],
    ['invalid-key', '/api/v1/quote?symbol=AAPL', 401],
    ['secret', '/api/v1/quote?symbol=AAPL', 200],
  ]);
  expect(arrivals.every(({ at_ms }) => Math.abs(at_ms - Date.now()) < 10_000)).toBe(true);
});
