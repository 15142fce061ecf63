import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { expectTicksWhole, untilCovered } from '../support/load/ticks.ts';
import { openConnection, strikeHolder } from '../support/load/tick-holder.ts';
import { chosenSeed, seeded } from '../support/seeded.ts';

const symbols = ['AAPL', 'MSFT', 'NVDA', 'BINANCE:BTCUSDT'];
const cuts = 50;
// It takes a symbol some seconds to be complete again: every other connection lasts for long enough.
const shortMs = 9_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ workers: 2, hasTicks: true, env: { WATCHLIST: symbols.join() } });
  for (const kind of ['socket_duplicate', 'socket_disorder', 'socket_odd'])
    await platform.sandbox.fault({ target: 'finnhub', kind, rate: 0.2, seconds: 3_600 });
});
afterAll(() => platform.stop());

test('one worker is connected at a time, through kill -9 and a frozen holder, which writes nothing when it wakes', async () => {
  const { workers } = platform;
  await untilCovered(platform, 'AAPL', Date.now());
  const killed = await strikeHolder(platform, 'SIGKILL');
  workers.splice(workers.indexOf(killed), 1);
  await platform.startWorker();
  await untilCovered(platform, 'AAPL', Date.now());

  const frozen = await strikeHolder(platform, 'SIGSTOP');
  expect((await platform.sandbox.sockets()).at(-1)?.why).toBe('no answer to a ping');
  await untilCovered(platform, 'AAPL', Date.now());
  await frozen.signal('SIGCONT');
  await untilCovered(platform, 'AAPL', Date.now() + 5_000);
  await expectTicksWhole(platform, symbols);
});

test(`of ${cuts} cuts at random every trade is in bars, or its hole is published`, async () => {
  const { sandbox } = platform;
  const random = seeded(chosenSeed());
  for (let cut = 0; cut < cuts; cut += 1) {
    const lastsMs = random() * shortMs + (cut % 2 === 0 ? 0 : shortMs);
    const cutId = await until('a connection has lasted for a while', async () => {
      const open = await openConnection(platform);
      return open && performance.timeOrigin + performance.now() - open.opened_at_ms > lastsMs ? open.id : undefined;
    });
    await sandbox.cutSockets();
    await until('it is over', async () => ((await openConnection(platform))?.id === cutId ? undefined : true));
  }
  expect((await sandbox.sockets()).filter(({ why }) => why === 'cut').length).toBeGreaterThanOrEqual(cuts);
  process.stdout.write(`${await expectTicksWhole(platform, symbols)}\n`);
});
