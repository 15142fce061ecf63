import { expect, onTestFinished, test } from 'vitest';
import { healthServer, listen } from '../../src/process/health.ts';
import { freePort } from '../support/processes/process.ts';

test('a slash at the end of a path changes nothing, with a query behind it neither', async () => {
  const server = healthServer({
    readiness: async () => ({ isReady: true }),
    metrics: async () => 'up 1\n',
    autoscale: async (queue) => ({ queue }),
  });
  const port = await freePort();
  await listen(server, { port, host: '127.0.0.1', portName: 'HEALTH_PORT', hostName: 'HEALTH_HOST' });
  onTestFinished(() => void server.close());
  for (const path of ['/healthz', '/readyz', '/metrics', '/autoscale/payments'])
    for (const end of ['', '/', '?a=1', '/?a=1', '?a=/', '/?a=/']) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}${end}`);
      expect([answer.status, await answer.text()], path + end).toEqual([200, expect.any(String)]);
    }
  expect((await fetch(`http://127.0.0.1:${port}/?a=/healthz`)).status).toBe(404);
});
