import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Chaos, runChaos } from '../../support/load/chaos.ts';
import { logIn } from '../../support/processes/platform.ts';
import { startProcess, type TestProcess, until } from '../../support/processes/process.ts';
import { prove, settle } from '../../support/proof/prove.ts';
import type { Deployment } from '../../support/proof/deployment.ts';
import { chosenSeed } from '../../support/seeded.ts';

const times = 10;
const title =
  'members of a group on the stream of orders are killed while they work, beside a group whose only member is dead';
const Groups = z.object({ groups: z.array(z.object({ name: z.string(), pending: z.int(), lag: z.int().nullable() })) });

const consumers: TestProcess[] = [];
let chaos: Chaos | undefined;
afterAll(async () => {
  await Promise.all(consumers.map((consumer) => consumer.signal('SIGKILL')));
  await chaos?.deployment.stop();
});

function consume({ platform: { env } }: Deployment): TestProcess {
  const consumer = startProcess('examples/consume-orders.ts', ['--idle-ms', '500'], env);
  consumers.push(consumer);
  return consumer;
}

/** What they have been given, each `type subject`; a line that its member was killed over is none. */
const given = () =>
  consumers.flatMap((consumer) =>
    Array.from(consumer.output().matchAll(/^\S+ (order\.\w+ \S+) \{.*\}$/gm), ([, what]) => what),
  );

async function kill(deployment: Deployment): Promise<void> {
  const { platform, buyers } = deployment;
  if (consumers.length === 0) {
    await until('there is a stream', () => buyers.bought.length > 0 || undefined);
    await platform.redis.xgroup('CREATE', 'orders', 'abandoned', '0', 'MKSTREAM');
    await platform.redis.xreadgroup('GROUP', 'abandoned', 'dead', 'COUNT', 5, 'STREAMS', 'orders', '>');
    consume(deployment);
  }
  const [last, before] = [consumers.at(-1), given().length];
  consume(deployment);
  await until('they are given something', () => {
    if (buyers.areDone()) buyers.want(1);
    return given().length > before || undefined;
  });
  await last?.signal('SIGKILL');
}

test('what a dead member of a group held goes to another, and a dead group is told of', async () => {
  const strikes = Array.from({ length: times }, () => ({ fault: 'F31', name: 'a member killed', inflict: kill }));
  const processes = ['api', 'worker', 'worker'] as const;
  chaos = await runChaos({ seed: chosenSeed(), strikes, orders: 10 * times, processes, isMeasured: true });
  const outcome = await settle(chaos);
  prove(chaos, outcome, import.meta.filename, [{ fault: 'F31', title }]);
  const told = outcome.evidence.log
    .filter(({ stream }) => stream === 'orders')
    .map(({ type, subject }) => `${type} ${subject}`);
  const missing = () => {
    const seen = new Set(given());
    return told.filter((one) => !seen.has(one));
  };
  await until(
    () => `all has been given to somebody; ${missing().slice(0, 5).join()}`,
    () => missing().length === 0 || undefined,
  );
  const url = chaos.deployment.stands[0]?.url ?? '';
  const headers = { authorization: `Bearer ${await logIn(url, 'admin')}` };
  const { groups } = Groups.parse(await (await fetch(`${url}/ops/parts`, { headers })).json());
  expect(groups.find(({ name }) => name === 'abandoned')).toMatchObject({
    pending: expect.any(Number),
    lag: expect.any(Number),
  });
  expect(groups.find(({ name }) => name === 'invoices')).toMatchObject({ pending: 0, lag: 0 });
});
