import { availableParallelism } from 'node:os';

// Long enough to lose the processor to others a few times.
const lookMs = 300;

/**
 * How many test files this machine bears at once, measured and not assumed: half of them wait, for a process to start or for a
 * deadline, so that four keep two cores busy, and none has more of a core than other programs leave to it.
 */
export function filesAtOnce(): number {
  return Math.max(1, Math.round(2 * availableParallelism() * freeShare()));
}

/** The share of a core that a program gets which asks for all of it, 0–1. */
function freeShare(): number {
  const before = process.cpuUsage();
  const beganAt = performance.now();
  while (performance.now() - beganAt < lookMs);
  const { user, system } = process.cpuUsage(before);
  return Math.min(1, (user + system) / 1_000 / (performance.now() - beganAt));
}
