import { setTimeout as wait } from 'node:timers/promises';
import { GuardLine } from './guard-line.js';
import { Part } from './part.js';
import { allGone, signal } from '../tools/process-identity.js';
import { runTool } from '../tools/run-tool.js';

const restartWaitsMs = [0, 500, 1000, 2000, 4000, 5000];
const forgivenAfterMs = 10_000;

/**
 * Starts the parts, starts again what dies, and ends them in order. `onChange(parts)` is called whenever a part has
 * started or ended, before anything else happens.
 */
export class Supervisor {
  #parts = [];
  #commands = [];
  #guard = new GuardLine();
  #stopping = false;

  constructor({ logFolder, say, onChange = () => {} }) {
    this.logFolder = logFolder;
    this.say = say;
    this.onChange = onChange;
  }

  /** Starts a part, and looks after it from when it is ready. @throws PartFailed when it does not get there. */
  async start(plan) {
    const part = new Part(plan, this.logFolder);
    this.#parts.push(part);
    try {
      this.#spawn(part);
      await part.ready();
      part.isSupervised = true;
      if (!part.isRunning) this.#spawnAgain(part);
    } catch (error) {
      await this.#end([part], 500);
      this.#parts = this.#parts.filter((each) => each !== part);
      this.#changed();
      throw error;
    }
    return part;
  }

  /** A command to run after the parts have ended, also when this process dies. */
  atEnd(command) {
    this.#commands.push({ command });
    this.#changed();
  }

  /**
   * Ends everything within 10 s: who takes requests first, who keeps data last. `setUp` resolves once no command of the set-up
   * runs any more, for the commands of the end undo what those have done.
   */
  async stop(setUp) {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const part of this.#parts) part.stopping = true;
    const roles = (...names) => this.#parts.filter(({ role }) => names.includes(role));
    const deadline = Date.now() + 6000;
    // The API finishes its requests; workers follow soon, since both may take several seconds and their time overlaps.
    // After SIGINT it does so at once: nothing in front of it has to notice first.
    const api = this.#end(roles('api'), deadline - Date.now(), 'SIGINT');
    await Promise.race([api, wait(1500, undefined, { ref: false })]);
    await Promise.all([api, this.#end(roles('worker'), deadline - Date.now())]);
    await this.#end(roles('sandbox'), 500);
    await this.#end(roles('redis', 'mysql'), 2500);
    await setUp;
    for (const { command } of this.#commands) await runTool(command[0], command.slice(1), { ms: 5000, isAtEnd: true });
    await this.#guard.close();
  }

  #spawn(part) {
    if (this.#stopping) throw new Error('The platform is being stopped.');
    part.spawn((code, name) => {
      this.#changed();
      if (part.isSupervised && !part.stopping) this.#spawnAgain(part, name ?? `exit ${code}`);
    });
    this.#changed();
  }

  #spawnAgain(part, how = 'ended') {
    part.failures = Date.now() - part.startedAt > forgivenAfterMs ? 0 : (part.failures ?? 0);
    const waitMs = restartWaitsMs[Math.min(part.failures, restartWaitsMs.length - 1)];
    part.failures += 1;
    const when = waitMs === 0 ? 'now' : `in ${waitMs / 1000} s`;
    this.say(`! ${part.role} ended (${how}); starting it again ${when}. Its log: ${part.logFile}`);
    setTimeout(() => part.stopping || this.#spawn(part), waitMs);
  }

  async #end(parts, politeMs, sign = 'SIGTERM') {
    const noted = parts.filter((part) => part.isRunning).map(({ pid, began }) => ({ pid, began }));
    for (const part of parts) part.stopping = true;
    for (const each of noted) signal(each, sign);
    if (await allGone(noted, politeMs)) return;
    for (const each of noted) signal(each, 'SIGKILL');
    await allGone(noted, 1000);
  }

  #changed() {
    const running = this.#parts.filter((part) => part.isRunning);
    const keepsData = ({ role }) => role === 'mysql' || role === 'redis';
    const charges = running.map((part) => ({ pid: part.pid, began: part.began, last: keepsData(part) }));
    this.#guard.charge([...charges, ...this.#commands]);
    this.onChange(running, charges);
  }
}
