import { hostname } from 'node:os';
import { version } from '../process/version.ts';

/** A process that works queues: its release, and where it runs. */
export type WorkerName = Readonly<{ version: string; host: string; pid: number }>;

/** How this process calls its workers: Redis shows it beside their connections, and jobs keep it. */
export const ownWorkerName = `${version}@${hostname()}/${process.pid}`;

const shape = /^([^@\s]+)@(\S+)\/(\d+)$/;

/** What a worker's name says; undefined of one that was given another, or none, as by releases before 0.2. */
export function readWorkerName(name: string): WorkerName | undefined {
  const [, release, host, pid] = shape.exec(name) ?? [];
  return release === undefined || host === undefined ? undefined : { version: release, host, pid: Number(pid) };
}
