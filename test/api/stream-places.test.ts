import { expect, it } from 'vitest';
import { newPerson } from '../accounts.ts';
import { until } from '../process.ts';
import { openTestApi } from '../test-context.ts';
import { problemOf } from './problem-of.ts';

it('nobody follows more streams than one may, and who leaves makes room', async () => {
  const api = await openTestApi({ STREAMS_PER_CALLER: '2' });
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
  for (const answer of [second, third, other]) await answer.body?.cancel();
  await api.close();
});
