import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Stand } from '../load/restarted-process.ts';
import { startProcess, type TestProcess, until } from '../processes/process.ts';
import type { Toxics } from '../upstreams/toxic-proxy.ts';
import type { Strike } from './strike.ts';
import { killStands, reviveStands, type Deployment } from './deployment.ts';

type Inflict = Strike['inflict'];

/** Redis is killed, and comes back after a while with its file. */
export function redisAway(ms: number): Strike {
  return {
    fault: 'F4',
    name: `Redis away for ${ms / 1_000} s`,
    async inflict({ redis }) {
      await redis.process().signal('SIGKILL');
      await sleep(ms);
      await redis.restart();
    },
  };
}

/** A server's sockets stay open, and nothing is answered. */
export function frozen(server: 'mysql' | 'redis', ms: number): Strike {
  return { fault: 'F9', name: `${server} frozen`, inflict: (deployment) => freeze(deployment[server].process(), ms) };
}

async function freeze(some: TestProcess, ms: number): Promise<void> {
  await some.signal('SIGSTOP');
  await sleep(ms);
  await some.signal('SIGCONT');
}

/** All that Redis has is gone at once. */
export const emptied: Strike = {
  fault: 'F10',
  name: 'Redis emptied',
  inflict: ({ platform }) => platform.redis.flushall(),
};

/** Redis comes back as it was when half of what it has written since it began had not been. */
export const rolledBack: Strike = {
  fault: 'F11',
  name: 'Redis rolled back',
  async inflict({ redis }) {
    const written = await redis.written();
    await redis.process().signal('SIGKILL');
    await redis.forget(Math.floor(written / 2));
    await redis.restart();
  },
};

/** Redis has no memory left, and refuses what would take some. */
export function full(ms: number): Strike {
  return {
    fault: 'F12',
    name: 'Redis full',
    async inflict({ platform: { redis } }) {
      await redis.config('SET', 'maxmemory', '1mb');
      await sleep(ms);
      await redis.config('SET', 'maxmemory', '0');
    },
  };
}

/** An API is started while there is no Redis; orders that it alone takes are taken before there is one. */
export const startedAlone: Strike = {
  fault: 'F14',
  name: 'an API started without Redis',
  async inflict(deployment) {
    const apis = deployment.stands.filter(({ role }) => role === 'api');
    await deployment.redis.process().signal('SIGKILL');
    await killStands(deployment, apis);
    await reviveStands(apis);
    const taken = deployment.buyers.bought.length;
    deployment.buyers.want(3);
    await until('orders are taken', () => deployment.buyers.bought.length >= taken + 3 || undefined);
    await deployment.redis.restart();
  },
};

/** Redis is set up so that it would forget; an API that starts then works, and the doctor says what is wrong. */
export function setUpWrong(
  settings: Readonly<Record<string, readonly [wrong: string, right: string]>>,
  said: string,
): Strike {
  return {
    fault: 'F13',
    name: `Redis set up wrong: ${Object.keys(settings).join()}`,
    async inflict(deployment) {
      const { redis, env } = deployment.platform;
      for (const [name, [wrong]] of Object.entries(settings)) await redis.config('SET', name, wrong);
      const apis = deployment.stands.filter(({ role }) => role === 'api').slice(0, 1);
      await killStands(deployment, apis);
      await reviveStands(apis);
      const doctor = startProcess('src/commands/doctor.ts', [], { ...env, PUBLIC_URL: apis[0]?.url ?? '' });
      expect(await doctor.ended, doctor.output()).toBe(1);
      expect(doctor.output()).toContain(said);
      for (const [name, [, right]] of Object.entries(settings)) await redis.config('SET', name, right);
    },
  };
}

/** Everything is killed, and again as soon as it has begun to come back. */
export function killedOver(times: number, betweenMs: number): Strike {
  return {
    fault: 'S2',
    name: 'killed over and over',
    async inflict(deployment) {
      for (let time = 0; time < times; time += 1) {
        await Promise.all([
          killStands(deployment, deployment.stands),
          deployment.mysql.process().signal('SIGKILL'),
          deployment.redis.process().signal('SIGKILL'),
        ]);
        await Promise.all([deployment.mysql.restart(), deployment.redis.restart(), reviveStands(deployment.stands)]);
        await sleep(betweenMs);
      }
    },
  };
}

const killed =
  (role: Stand['role'], random: () => number): Inflict =>
  async (deployment) => {
    const some = deployment.stands.filter((stand) => stand.role === role);
    const one = some.slice(Math.floor(random() * some.length)).slice(0, 1);
    await killStands(deployment, one);
    await reviveStands(one);
  };

const spoilt =
  (way: keyof Deployment['ways'], toxics: Toxics, ms: number): Inflict =>
  async ({ ways }) => {
    ways[way].set(toxics);
    await sleep(ms);
    ways[way].clear();
  };

/** Two at once, which the numbers choose: one of a process or server, and one of a way to a server. */
export function pairs(random: () => number, times: number): readonly Strike[] {
  const first: readonly (readonly [string, Inflict])[] = [
    ['a worker killed', killed('worker', random)],
    ['an API killed', killed('api', random)],
    ['Redis emptied', emptied.inflict],
    ['Redis frozen', frozen('redis', 2_000).inflict],
    ['MySQL frozen', frozen('mysql', 2_000).inflict],
  ];
  const second: readonly (readonly [string, Inflict])[] = [
    ['MySQL late', spoilt('mysql', { delayMs: 50, jitterMs: 50 }, 3_000)],
    ['MySQL cut', ({ ways }) => ways.mysql.cut()],
    ['Redis in slices', spoilt('redis', { sliceBytes: 1 }, 2_000)],
    ['Redis cut', ({ ways }) => ways.redis.cut()],
    ['Redis closed one way', spoilt('redis', { closed: 'down' }, 3_000)],
    ['the gateway closed one way', spoilt('gateway', { closed: 'down' }, 3_000)],
    ['the gateway cut', ({ ways }) => ways.gateway.cut()],
  ];
  const one = <T>(items: readonly T[]) => items.slice(Math.floor(random() * items.length)).slice(0, 1);
  return Array.from({ length: times }, () =>
    one(first).flatMap(([name, inflict]) =>
      one(second).map(
        ([other, spoil]): Strike => ({
          fault: 'S7',
          name: `${name}, ${other}`,
          inflict: (deployment) => Promise.all([inflict(deployment), spoil(deployment)]),
        }),
      ),
    ),
  ).flat();
}
