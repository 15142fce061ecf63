import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * When that process began, in whatever unit the system counts; undefined when it is gone. A pid alone is soon another
 * process's; pid and beginning together never are.
 */
export function beginningOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return process.platform === 'linux' ? undefined : askPs(pid);
  }
}

/** Whether the very process that was noted down is still running. */
export function isAlive({ pid, began }) {
  return began !== undefined && beginningOf(pid) === began;
}

/** Sends a signal to that very process, or to nobody. A frozen process is woken, or it would never hear it. */
export function signal(noted, name) {
  if (!isAlive(noted)) return;
  try {
    process.kill(noted.pid, name);
    if (name !== 'SIGKILL') process.kill(noted.pid, 'SIGCONT');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Waits until none of those processes runs, at most `ms`; answers whether they are all gone. */
export async function allGone(noted, ms) {
  const deadline = Date.now() + ms;
  while (noted.some(isAlive)) {
    if (Date.now() >= deadline) return false;
    await wait(20);
  }
  return true;
}

/** Ends those processes: politely, then after the given time by force; the ones named `last` after the others. */
export async function endAll(noted, { politeMs = 1200 } = {}) {
  for (const group of [noted.filter(({ last }) => !last), noted.filter(({ last }) => last)]) {
    for (const each of group) signal(each, 'SIGTERM');
    if (!(await allGone(group, politeMs))) for (const each of group) signal(each, 'SIGKILL');
  }
  await allGone(noted, 1000);
}

function askPs(pid) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options).trim() || undefined;
  } catch {
    return undefined;
  }
}
