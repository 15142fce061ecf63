import { afterAll, expect, test } from 'vitest';
import { type Chaos, runChaos, usualPlan } from '../support/load/chaos.ts';
import {
  emptied,
  frozen,
  full,
  killedOver,
  pairs,
  redisAway,
  rolledBack,
  setUpWrong,
  startedAlone,
} from '../support/proof/outages.ts';
import { prove, settle } from '../support/proof/prove.ts';
import { scaled, type Strike } from '../support/proof/strike.ts';
import { chosenSeed, seeded, shuffled } from '../support/seeded.ts';

const ordersAStrike = 25;
// BullMQ 6.2 never worked again after twelve seconds without Redis.
const awayMs = [12_000, 100, 45_000, 5_000].slice(0, scaled(4));
const frozenMs = 10_000;
const fullMs = 4_000;

let chaos: Chaos | undefined;
afterAll(() => chaos?.deployment.stop());

const times = (count: number, strike: Strike) => Array.from({ length: scaled(count) }, () => strike);

test('servers away, frozen, emptied, rolled back and full, and two faults at once: nothing is lost, doubled or left', {
  timeout: 2_400_000,
}, async () => {
  const seed = chosenSeed();
  const random = seeded(seed);
  const all = [
    ...awayMs.map(redisAway),
    ...times(3, frozen('redis', frozenMs)),
    ...times(3, frozen('mysql', frozenMs)),
    ...times(20, emptied),
    ...times(5, rolledBack),
    ...times(5, full(fullMs)),
    ...times(2, setUpWrong({ 'maxmemory-policy': ['allkeys-lru', 'noeviction'] }, 'maxmemory-policy is allkeys-lru')),
    ...times(2, setUpWrong({ appendonly: ['no', 'yes'], save: ['', '3600 1'] }, 'A restart of Redis loses every job')),
    ...times(3, startedAlone),
    ...times(3, killedOver(3, 500)),
    ...pairs(random, scaled(12)),
  ];
  const strikes = shuffled(all, random);
  const orders = strikes.length * ordersAStrike;
  chaos = await runChaos({ ...usualPlan, seed, strikes, orders });
  const outcome = await settle(chaos);
  const { asked } = chaos.deployment.buyers;
  for (const { name, fault, beganMs, endedMs } of chaos.struck)
    if (fault === 'F4' || fault === 'F14')
      expect(
        asked.some(({ status, askedMs }) => status === 201 && askedMs >= beganMs && askedMs < endedMs),
        name,
      ).toBe(true);
  prove(chaos, outcome, import.meta.filename, [
    { fault: 'F4', title: 'Redis is killed, and comes back after a while with its file' },
    { fault: 'F9', title: 'MySQL or Redis is frozen for 10 s' },
    { fault: 'F10', title: 'Redis is emptied under load' },
    { fault: 'F11', title: 'Redis comes back with half of its file' },
    { fault: 'F12', title: 'Redis has no memory left for 4 s' },
    { fault: 'F13', title: 'Redis evicts, or keeps nothing, when an API starts: the doctor says so' },
    { fault: 'F14', title: 'both APIs are started while there is no Redis' },
    { fault: 'S2', title: 'everything is killed three times in a row' },
    { fault: 'S7', title: 'a process or server, and a way to another, at once' },
  ]);
});
