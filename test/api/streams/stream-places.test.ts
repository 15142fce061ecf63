import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildApp } from '../../../src/api/app.ts';
import { newPerson } from '../../support/api/accounts.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let api: TestApi;
let app: Awaited<ReturnType<typeof buildApp>>;
beforeAll(async () => {
  api = await openTestApi({ STREAMS_PER_CALLER: '2', RATE_LIMIT_BURST: '0' });
  app = await buildApp(api.ctx, api.parts);
});
afterAll(() => api.close());

const followFrom = async (remoteAddress: string) =>
  app.request('/streams/market', {}, { incoming: { socket: { remoteAddress } } });
const leave = (answers: readonly Response[]) => Promise.all(answers.map(async ({ body }) => body?.cancel()));

it('nobody follows more streams than one may, and who leaves makes room', async () => {
  const person = await newPerson(api);
  const follow = () => person.send('GET', '/streams/orders');
  const [first, second] = [await follow(), await follow()];
  const refused = await follow();
  expect(await problemOf(refused)).toMatchObject({ status: 429, code: 'too_many_requests' });
  expect(refused.headers.get('retry-after')).toBe('30');
  const other = await api.send('GET', '/streams/market');
  expect(other.status).toBe(200);
  await first.body?.cancel();
  const third = await until('a place', async () => {
    const answer = await follow();
    return answer.status === 200 ? answer : undefined;
  });
  await leave([second, third, other]);
});

it('one address without a login follows 50 streams, a whole network of IPv6 among them', async () => {
  const network = (host: number) => `2001:db8:1:2::${host.toString(16)}`;
  const answers = await Promise.all(Array.from({ length: 50 }, (_, host) => followFrom(network(host))));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(await problemOf(await followFrom(network(99)))).toMatchObject({ status: 429, code: 'too_many_requests' });
  const elsewhere = await followFrom('2001:db8:1:3::1');
  expect(elsewhere.status).toBe(200);
  await leave([...answers, elsewhere]);
});

it('strangers take half of a process’s places, whoever they are, and people who log in find theirs', async () => {
  const person = await newPerson(api);
  const crowd: Response[] = [];
  for (let host = 1; host <= 50; host += 1)
    crowd.push(...(await Promise.all(Array.from({ length: 50 }, () => followFrom(`203.0.113.${host}`)))));
  expect(new Set(crowd.map(({ status }) => status))).toEqual(new Set([200]));
  const refused = await followFrom('198.51.100.1');
  expect(await problemOf(refused)).toMatchObject({ status: 503, code: 'unavailable' });
  expect(refused.headers.get('retry-after')).toBe('5');
  for (const path of ['/streams/orders', '/streams/market']) {
    const answer = await person.send('GET', path);
    expect(answer.status).toBe(200);
    crowd.push(answer);
  }
  await leave(crowd);
});
