import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../tools/environment.js';

/** The line to the guard: tells it what to end should this process die, and keeps a guard alive. */
export class GuardLine {
  #guard;
  #charges = [];
  #isClosed = false;

  /** Replaces the list: `{ pid, began, last? }` is a process, `{ command }` something to run at the end. */
  charge(charges) {
    this.#charges = charges;
    this.#guard ??= this.#post();
    this.#guard.stdin.write(`${JSON.stringify(charges)}\n`);
  }

  /** Dismisses the guard, and with it nothing else. */
  async close() {
    this.#isClosed = true;
    if (!this.#guard || this.#guard.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#guard.once('exit', resolve));
    this.#guard.stdin.end('[]\n');
    await gone;
  }

  #post() {
    const guard = spawn(process.execPath, [join(root, 'bin', 'start', 'guard.js')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    guard.stdin.on('error', () => {});
    guard.once('exit', () => {
      if (this.#isClosed) return;
      this.#guard = undefined;
      // Not at once: a guard that cannot start must not become a storm of processes.
      setTimeout(() => this.#isClosed || this.charge(this.#charges), 500).unref();
    });
    guard.on('error', () => {});
    return guard;
  }
}
