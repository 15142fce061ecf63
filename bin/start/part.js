import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beginningOf } from '../tools/process-identity.js';

const maxLogBytes = 10_000_000;

/** A part did not come up; `log` holds the last lines it wrote. */
export class PartFailed extends Error {
  constructor(role, why, log) {
    super(`${role} ${why}`);
    this.name = 'PartFailed';
    this.log = log;
  }
}

/**
 * One process of the platform. `plan` is `{ role, command, args, env, cwd?, health?, last?, readyMs?, isReady(pid) }`;
 * what it writes goes to a file, so that it survives us and never waits for us.
 */
export class Part {
  child;
  began;
  startedAt = 0;
  stopping = false;
  #logStart = 0;

  constructor(plan, logFolder) {
    this.plan = plan;
    this.role = plan.role;
    this.logFile = join(logFolder, `${plan.role}.log`);
  }

  get pid() {
    return this.child?.pid;
  }

  get isRunning() {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts the process; `onExit(code, signal)` is called once when it ends. */
  spawn(onExit) {
    const log = openLog(this.logFile);
    this.#logStart = fstatSync(log).size;
    const { command, args, env, cwd } = this.plan;
    // In a session of its own: a Ctrl-C in the terminal reaches the supervisor alone, which ends the parts in order.
    this.child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    this.startedAt = Date.now();
    this.began = this.child.pid === undefined ? undefined : beginningOf(this.child.pid);
    let ended = false;
    const end = (code, signal) => {
      if (!ended) onExit(code, signal);
      ended = true;
    };
    this.child.once('error', (error) => end(error.message));
    this.child.once('exit', end);
  }

  /** Waits until the part says that it is ready. @throws PartFailed when it ends before that, or takes too long. */
  async ready() {
    const deadline = Date.now() + (this.plan.readyMs ?? 60_000);
    for (;;) {
      if (!this.isRunning) throw new PartFailed(this.role, 'ended while starting', this.lastLines());
      if (await this.plan.isReady(this.pid)) return;
      if (Date.now() > deadline) throw new PartFailed(this.role, 'did not get ready in time', this.lastLines());
      await wait(40);
    }
  }

  /** What this start of the process wrote last. */
  lastLines(count = 15) {
    const text = readFileSync(this.logFile).subarray(this.#logStart).toString('utf8');
    return text.trimEnd().split('\n').slice(-count).join('\n');
  }
}

function openLog(file) {
  if (existsSync(file) && statSync(file).size > maxLogBytes) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}
