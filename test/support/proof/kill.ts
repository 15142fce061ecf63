import { killPoints, type KillPoint, type Victim } from '../load/kill-points.ts';
import type { Stand } from '../load/restarted-process.ts';
import { until } from '../processes/process.ts';
import { shuffled } from '../seeded.ts';
import type { Strike } from './strike.ts';
import { killStands, reviveStands, type Deployment } from './deployment.ts';

/** A kill: a forgetful Redis comes back without what it wrote while the byte was held, as if its disk had been slow. */
type Kill = Readonly<{ point: KillPoint; victim: Victim; isForgetful?: boolean }>;

/** Kills whoever the kill names while a byte is held at its point, and starts again what was killed. */
export function killStrike(kill: Kill): Strike {
  const { point, victim } = kill;
  return {
    fault: faultOf(kill),
    name: `${victim} killed: ${point.name}`,
    inflict: (deployment) => killAt(deployment, kill),
  };
}

/**
 * Kills in an order that `random` decides: at every point every victim it has, `passes` times; with no pass one of each point's.
 */
export function planKills(random: () => number, passes: number, isForgetful = false): readonly Strike[] {
  const roundsOf = (victimsOf: (point: KillPoint) => readonly Victim[]) =>
    killPoints.flatMap((point) => victimsOf(point).map((victim) => ({ point, victim, isForgetful })));
  const oneOf = ({ victims }: KillPoint) => shuffled(victims, random).slice(0, 1);
  const rounds =
    passes === 0 ? roundsOf(oneOf) : Array.from({ length: passes }, () => roundsOf(({ victims }) => victims)).flat();
  return shuffled(rounds, random).map(killStrike);
}

/** How often the long proof strikes every kill. */
export const passesAtLength = 6;

/** The long proof: every kill so often, with a forgetful Redis, each of the gateway as well, and an API around its COMMIT once more. */
export function planAtLength(random: () => number, passes: number): readonly Strike[] {
  // The soonest over of all.
  const again = killPoints.filter(({ role, place }) => role === 'api' && place.link === 'mysql');
  const others = again.map((point) => killStrike({ point, victim: 'process' }));
  return shuffled([...planKills(random, passes, true), ...planGatewayKills(passes), ...others], random);
}

/** Kills of the gateway itself, at the points where it is asked. */
function planGatewayKills(times: number): readonly Strike[] {
  const points = killPoints.filter(({ place }) => place.link === 'gateway');
  return Array.from({ length: times }, () => points.map((point) => killStrike({ point, victim: 'gateway' }))).flat();
}

/** Which row of the faults a kill is of. */
function faultOf({ victim, point: { role, place } }: Kill): string {
  if (victim !== 'process') return { redis: 'F4', mysql: 'F5', everything: 'F6', gateway: 'F7' }[victim];
  if (place.link === 'redis') return 'F2';
  return role === 'api' ? 'F1' : 'F3';
}

async function killAt(deployment: Deployment, { point, victim, isForgetful = false }: Kill): Promise<void> {
  const { platform, mysql, redis } = deployment;
  const { sandbox } = platform;
  const there = deployment.stands.filter(({ role }) => role === point.role);
  const written = isForgetful ? await redis.written() : 0;
  await untilHeld(deployment, point, there);
  const { link } = point.place;
  // The sandbox does not say who asked it: the one is among these.
  const asking = link === 'gateway' ? there : there.filter((stand) => stand[link].isHolding()).slice(0, 1);
  const struck = victim === 'everything' ? deployment.stands : victim === 'process' ? asking : [];
  const servers = [
    ...(victim === 'mysql' || victim === 'everything' ? [mysql] : []),
    ...(victim === 'redis' || victim === 'everything' ? [redis] : []),
  ];
  const dying = servers.map((server) => server.process().signal('SIGKILL'));
  await Promise.all([...dying, killStands(deployment, struck), ...(victim === 'gateway' ? [sandbox.kill()] : [])]);
  if (isForgetful && servers.includes(redis)) await redis.forget(written);
  for (const stand of there) if (link !== 'gateway') stand[link].release();
  if (victim === 'gateway') {
    await sandbox.restart();
    await deployment.setGatewayFaults();
  } else if (link === 'gateway') await sandbox.release();
  await Promise.all([...servers.map((server) => server.restart()), reviveStands(struck)]);
}

/** Sets the trap, and resolves when a byte is in it. */
async function untilHeld(
  { platform: { sandbox }, buyers }: Deployment,
  { name, place }: KillPoint,
  there: readonly Stand[],
): Promise<void> {
  if (place.link === 'gateway') await sandbox.hold(place.hold);
  else for (const stand of there) stand[place.link].set(place.trap);
  let wantedAt = performance.now();
  await until(`a byte is held: ${name}`, async () => {
    // Those orders may all have gone another way, by the sweep.
    if (buyers.areDone() && performance.now() - wantedAt > 1_000) {
      wantedAt = performance.now();
      buyers.want(1);
    }
    const isHeld =
      place.link === 'gateway' ? (await sandbox.held()) > 0 : there.some((stand) => stand[place.link].isHolding());
    return isHeld || undefined;
  });
}
