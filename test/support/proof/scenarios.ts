import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import { logIn } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import type { Strike } from './strike.ts';
import type { Deployment } from './deployment.ts';

/** Orders go on until a while is over. */
async function during(ms: number, { buyers }: Deployment): Promise<void> {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    if (buyers.areDone()) buyers.want(4);
    await sleep(50);
  }
}

/** Somebody locks what everybody buys, and goes for lunch. */
export function idleTransaction(ms: number): Strike {
  return {
    fault: 'S3',
    name: 'a transaction is left open',
    async inflict(deployment) {
      const connection = await deployment.connect();
      await connection.query('begin');
      await connection.query('select id from products where id in (1, 2) for update');
      await connection.query('select id from orders order by id desc limit 5 for update');
      await during(ms, deployment);
      await connection.query('rollback');
      connection.destroy();
    },
  };
}

/** Somebody looks at MySQL as it was when they began, for as long as it takes. */
export function heldSnapshot(ms: number): Strike {
  return {
    fault: 'S4',
    name: 'a snapshot is held',
    async inflict(deployment) {
      const connection = await deployment.connect();
      const count = async () => JSON.stringify((await connection.query('select count(*) as many from orders'))[0]);
      await connection.query('set session transaction isolation level repeatable read');
      await connection.query('start transaction with consistent snapshot');
      const before = await count();
      await during(ms, deployment);
      // Void unless it was held.
      expect(await count()).toBe(before);
      connection.destroy();
    },
  };
}

/** So many read lists and stories without a pause. */
export function readersBeside(readers: number, ms: number): Strike {
  return {
    fault: 'S5',
    name: 'many read beside',
    async inflict(deployment) {
      const urls = deployment.stands.flatMap(({ role, url }) => (role === 'api' ? [url] : []));
      const headers = { authorization: `Bearer ${deployment.token}` };
      const refused: string[] = [];
      let isOver = false;
      let read = 0;
      const reader = async (_: unknown, index: number) => {
        while (!isOver) {
          const one = deployment.buyers.bought.at(-1 - index)?.id;
          for (const path of [
            '/orders?limit=100',
            '/payments?limit=100',
            ...(one ? [`/orders/${one}/timeline`] : []),
          ]) {
            const answer = await fetch(`${urls[index % urls.length]}${path}`, { headers });
            await answer.arrayBuffer();
            read += 1;
            // A crowd may be told to come again.
            if (answer.status !== 200 && answer.status !== 503) refused.push(`${answer.status} ${path}`);
          }
        }
      };
      const reading = Array.from({ length: readers }, reader);
      await during(ms, deployment);
      isOver = true;
      await Promise.all(reading);
      expect(refused.slice(0, 5)).toEqual([]);
      expect(read).toBeGreaterThan(readers);
    },
  };
}

const Letters = z.object({ data: z.array(z.object({ id: z.string() })) });
const Replayed = z.object({ data: z.array(z.object({ job_id: z.string().nullable() })) });

/** A job gives up while orders go on, and is replayed by ten at once: once. */
export const deadLetter: Strike = {
  fault: 'S6',
  name: 'a job gives up and is replayed',
  async inflict(deployment) {
    const { platform, stands, buyers } = deployment;
    const url = stands.find(({ role }) => role === 'api')?.url ?? '';
    const token = await logIn(url, 'admin');
    const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(
        `${url}${path}`,
        body ? { method, headers, body: JSON.stringify(body) } : { method, headers },
      );
      return answer.json();
    };
    await platform.sandbox.fault({ target: 'products', kind: 'html', seconds: 3_600 });
    await ask('POST', '/products/sync', {});
    const [letter] = await until('the job has given up', async () => {
      if (buyers.areDone()) buyers.want(2);
      const { data } = Letters.parse(await ask('GET', '/dead-letters?kind=sync-products&replayed=false'));
      return data.length > 0 ? data : undefined;
    });
    await platform.sandbox.clearFaults();
    const ids = [letter?.id];
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask('POST', '/dead-letters/replay', { ids })));
    const jobs = answers.flatMap((answer) => Replayed.safeParse(answer).data?.data ?? []);
    expect(jobs).toHaveLength(1);
    await until('it is done', async () => {
      const job = z.object({ state: z.string() }).safeParse(await ask('GET', `/jobs/${jobs[0]?.job_id}`)).data;
      return job?.state === 'completed' || undefined;
    });
  },
};
