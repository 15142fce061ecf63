import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';
import { commit } from '../../support/load/kill-points.ts';
import { type CuttingProxy, openCuttingProxy } from '../../support/upstreams/cutting-proxy.ts';

const title =
  'a COMMIT is carried out and its answer never arrives: of an order, and of what became of its charge, in turn';
const times = 50;
const places = [
  { role: 'api', primer: /insert into `orders`/ },
  { role: 'worker', primer: /update `orders` set `status` = / },
] as const;

const proxies: CuttingProxy[] = [];
let chaos: Chaos | undefined;
afterAll(async () => {
  await chaos?.deployment.stop();
  await Promise.all(proxies.map((proxy) => proxy.close()));
});

/** Each role reaches MySQL by a way of its own from now on. */
async function openWays({ platform, stands, ended }: Deployment): Promise<void> {
  for (const { role } of places) {
    const proxy = await openCuttingProxy('127.0.0.1', Number(platform.env['MYSQL_PORT']));
    proxies.push(proxy);
    for (const stand of stands.filter((one) => one.role === role)) {
      ended.add(stand.process().pid);
      await stand.process().signal('SIGKILL');
      await stand.start({ MYSQL_PORT: String(proxy.port) });
    }
  }
}

async function loseCommit(deployment: Deployment, time: number): Promise<void> {
  if (proxies.length === 0) await openWays(deployment);
  const [place, proxy] = [places[time % places.length], proxies[time % places.length]];
  const before = proxy?.cuts() ?? 0;
  proxy?.cutAfter(commit, place?.primer);
  await until('the answer is cut off', () => {
    // Those orders may have gone before.
    if (deployment.buyers.areDone()) deployment.buyers.want(1);
    return (proxy?.cuts() ?? 0) > before || undefined;
  });
}

test('whoever has not heard of a commit asks again, and there is one order, charged once', async () => {
  const strikes = Array.from({ length: times }, (_, time) => ({
    fault: 'F17',
    name: `${places[time % places.length]?.role}`,
    inflict: (deployment: Deployment) => loseCommit(deployment, time),
  }));
  const processes = ['api', 'worker'] as const;
  chaos = await runChaos({ seed: chosenSeed(), strikes, orders: 3 * times, processes, isMeasured: true });
  prove(chaos, await settle(chaos), import.meta.filename, [{ fault: 'F17', title }]);
  expect(proxies.reduce((sum, proxy) => sum + proxy.cuts(), 0)).toBe(times);
});
