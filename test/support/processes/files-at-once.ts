import { availableParallelism } from 'node:os';

// Long enough to lose the processor to others a few times.
const lookMs = 300;

// A file is at work for two fifths of its time: four of them left a fifth of two cores idle.
const filesPerCore = 2.5;

/**
 * How many test files this machine bears at once, measured and not assumed: most of the time they wait, for a process to start or
 * for a deadline, and none has more of a core than other programs leave to it.
 */
export function filesAtOnce(): number {
  return Math.max(1, Math.round(filesPerCore * availableParallelism() * freeShare()));
}

/** The share of a core that a program gets which asks for all of it, 0–1. */
function freeShare(): number {
  const before = process.cpuUsage();
  const beganAt = performance.now();
  while (performance.now() - beganAt < lookMs);
  const { user, system } = process.cpuUsage(before);
  return Math.min(1, (user + system) / 1_000 / (performance.now() - beganAt));
}
