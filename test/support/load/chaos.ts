import { logIn, type Platform, startPlatform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import { seeded, shuffled } from '../seeded.ts';
import { type Buyers, sendBuyers } from './buyers.ts';
import { type KillPoint, killPoints, type Victim } from './kill-points.ts';
import { openStand, type Stand } from './restarted-process.ts';

/** What was bought and killed, and when it ended, on a platform that still runs. */
export type Chaos = Readonly<{
  platform: Platform;
  buyers: Buyers;
  kills: readonly string[];
  killedProcesses: number;
  lastFaultAt: number;
  stop(): Promise<void>;
}>;

type Town = Readonly<{ platform: Platform; stands: readonly Stand[] }>;
type Kill = Readonly<{ point: KillPoint; victim: Victim; isForgetful: boolean }>;

// The gateway's faults last until they are cleared.
const seconds = 3_600;

/**
 * Which kills, in which order, and how many orders at least: at every point every victim it has, `passes` times; with no pass one of
 * each point's. A forgetful Redis comes back without what it wrote while the
 * byte was held, as if its disk had been slow.
 */
type Plan = Readonly<{ seed: number; passes: number; orders: number; isForgetful?: boolean }>;

/**
 * Kills in an order that the seed decides, while people buy and the gateway loses a fifth of its answers; ends when at least `orders`
 * have been placed and all faults are over.
 */
export async function runChaos(plan: Plan): Promise<Chaos> {
  const env = { WATCHLIST: '', RATE_LIMIT_PER_MINUTE: '0' };
  const platform = await startPlatform({ apis: 0, workers: 0, ownRedis: true, ownMysql: true, env });
  const stands = await Promise.all((['api', 'worker', 'worker'] as const).map((role) => openStand(platform, role)));
  const stop = async () => {
    await Promise.all(stands.map((stand) => stand.close()));
    await platform.stop();
  };
  try {
    return { ...(await run({ platform, stands }, plan)), platform, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function run(
  town: Town,
  { seed, passes, orders, isForgetful = false }: Plan,
): Promise<Omit<Chaos, 'platform' | 'stop'>> {
  const { platform, stands } = town;
  const { sandbox } = platform;
  const random = seeded(seed);
  await Promise.all(stands.map((stand) => stand.start()));
  await sandbox.fault({ target: 'stripe', kind: 'lost_answer', rate: 0.2, seconds });
  await sandbox.fault({ target: 'stripe', kind: 'slow', rate: 0.05, ms: 3_000, seconds });
  const url = stands[0]?.url ?? '';
  const buyers = sendBuyers(6, { url, token: await logIn(url, 'demo'), random, thinkMs: 100 });
  const roundsOf = (victimsOf: (point: KillPoint) => readonly Victim[]) =>
    killPoints.flatMap((point) => victimsOf(point).map((victim) => ({ point, victim })));
  const oneOf = ({ victims }: KillPoint) => shuffled(victims, random).slice(0, 1);
  const rounds =
    passes === 0 ? roundsOf(oneOf) : Array.from({ length: passes }, () => roundsOf(({ victims }) => victims)).flat();
  const kills: string[] = [];
  let killedProcesses = 0;
  try {
    for (const { point, victim } of shuffled(rounds, random)) {
      // As many as take part in one kill: a slow machine kills more slowly, and is not given more to do for it.
      buyers.want(Math.ceil(orders / rounds.length));
      killedProcesses += await killAt(town, { point, victim, isForgetful }, buyers);
      kills.push(`${victim} killed: ${point.name}`);
    }
    await until('enough orders', () => (buyers.bought.length >= orders ? true : undefined));
    await sandbox.clearFaults();
    return { buyers, kills, killedProcesses, lastFaultAt: performance.now() };
  } finally {
    await buyers.goHome();
  }
}

/** Waits until a byte is held at the point, kills, starts again what was killed, and returns how many processes that were. */
async function killAt(
  { platform, stands }: Town,
  { point: { name, role, place }, victim, isForgetful }: Kill,
  buyers: Buyers,
): Promise<number> {
  const { sandbox, mysqlServer, redisServer } = platform;
  const there = stands.filter((stand) => stand.role === role);
  const isHeldAt = (stand: Stand) => place.link !== 'gateway' && stand[place.link].isHolding();
  const written = await redisServer?.written();
  if (place.link === 'gateway') await sandbox.hold(place.hold);
  else for (const stand of there) stand[place.link].set(place.trap);
  let wantedAt = performance.now();
  await until(`a byte is held: ${name}`, async () => {
    // Those orders may all have gone another way, by the sweep.
    if (buyers.areDone() && performance.now() - wantedAt > 1_000) {
      wantedAt = performance.now();
      buyers.want(1);
    }
    return there.some(isHeldAt) || (place.link === 'gateway' && (await sandbox.held()) > 0) ? true : undefined;
  });
  // The sandbox does not say who asked it: the one is among these.
  const asking = place.link === 'gateway' ? there : there.filter(isHeldAt).slice(0, 1);
  const struck = victim === 'everything' ? stands : victim === 'process' ? asking : [];
  const servers = [
    ...(victim === 'mysql' || victim === 'everything' ? [mysqlServer] : []),
    ...(victim === 'redis' || victim === 'everything' ? [redisServer] : []),
  ];
  const dying = [...struck, ...servers].map(async (one) => one?.process().signal('SIGKILL'));
  await Promise.all(dying);
  if (isForgetful && redisServer && servers.includes(redisServer)) await redisServer.forget(written ?? 0);
  for (const stand of there) if (place.link !== 'gateway') stand[place.link].release();
  if (place.link === 'gateway') await sandbox.release();
  await Promise.all([...servers.map(async (server) => server?.restart()), ...struck.map((stand) => stand.start())]);
  return struck.length + servers.length;
}
