import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { beginningOf, isAlive } from './process-identity.js';

/**
 * Takes the lock at `path`, or answers `{ holder }` when a live process has it. A lock whose holder is dead is taken
 * over, and what it had noted comes back as `left`.
 */
export function tryLock(path) {
  for (;;) {
    const holder = read(path);
    if (holder && isAlive(holder)) return { holder };
    const left = holder ? takeAway(path, holder) : undefined;
    const me = { pid: process.pid, began: beginningOf(process.pid) };
    if (!create(path, me)) continue;
    let isHeld = true;
    return {
      left,
      // A child's end may be heard of when the lock, and its folder, are gone.
      note: (facts) => isHeld && replace(path, { ...me, ...facts }),
      release: () => {
        isHeld = false;
        rmSync(path, { force: true });
      },
    };
  }
}

/** Does the work while holding the lock at `path`; others wait for their turn, at most `ms`. */
export async function withLock(path, ms, work) {
  const deadline = Date.now() + ms;
  let lock = tryLock(path);
  while (lock.holder) {
    if (Date.now() > deadline) throw new Error(`Process ${lock.holder.pid} holds ${path} for too long; end it.`);
    await wait(200);
    lock = tryLock(path);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return { pid: 0 };
    throw error;
  }
}

/** By link, so that the lock appears whole or not at all. */
function create(path, content) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Only one of several takers can rename the dead lock away; who got a live one by mistake puts it back. */
function takeAway(path, dead) {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
    const taken = read(aside);
    if (taken && isAlive(taken)) linkSync(aside, path);
    return taken && taken.pid === dead.pid ? taken : undefined;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EEXIST') return undefined;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function replace(path, content) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  renameSync(draft, path);
}
