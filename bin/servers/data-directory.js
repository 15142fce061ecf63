import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from '../tools/cannot-start.js';
import { tryLock } from '../tools/lock-file.js';
import { endAll } from '../tools/process-identity.js';

/** Makes a folder for our data, where it is not there yet. @throws CannotStart */
export function makeFolder(path) {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new CannotStart(
      `${path} cannot be made (${error.code}).`,
      'Name a folder that this user may write: DATA_DIR=… npm start',
    );
  }
}

/**
 * Makes the data directory ours: refuses beside a live owner, takes over from a dead one and ends what that one left
 * running. The lock remembers our children for whoever has to clean up after us.
 */
export async function claimDataDirectory(path) {
  makeFolder(join(path, 'logs'));
  const lock = tryLock(join(path, 'lock'));
  if (lock.holder)
    throw new CannotStart(
      `Orderflow already runs in ${path} (process ${lock.holder.pid}).`,
      'Stop that one first, or give this one a folder and a port of its own: DATA_DIR=… PORT=… npm start',
    );
  await endAll(lock.left?.children ?? []);
  return { path, noteChildren: (children) => lock.note({ children }), release: lock.release };
}
