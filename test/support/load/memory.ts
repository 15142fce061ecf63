import { readFileSync } from 'node:fs';
import { inspectorPort, openInspector } from '../processes/inspector.ts';
import type { TestProcess } from '../processes/process.ts';

type Sample = Readonly<{ atMs: number; mb: number }>;

/** What becomes of a process's memory. */
export type Memory = Readonly<{
  /** Notes what it has of the machine's. */
  sample(): void;
  /** Notes what is left in use after everything that can be collected has been. */
  collect(): Promise<void>;
  /** What has been noted, MB, and how fast it grows. */
  told(): Readonly<{
    role: string;
    residentMb: readonly number[];
    residentMbPerTenMinutes: number;
    liveMb: readonly number[];
    liveMbPerTenMinutes: number;
  }>;
}>;

const bytesPerMb = 1_048_576;

/** Opens the books on a process that has been started with `--inspect`. Linux alone tells what a process has of the machine's memory. */
export async function openMemory(role: string, some: TestProcess | undefined): Promise<Memory> {
  const port = await inspectorPort(some);
  const [resident, live]: [Sample[], Sample[]] = [[], []];
  return {
    sample() {
      const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${some?.pid}/status`, 'utf8'))?.[1];
      resident.push({ atMs: performance.now(), mb: Number(kilobytes) / 1_024 });
    },
    async collect() {
      const inspector = await openInspector(port);
      live.push({ atMs: performance.now(), mb: (await inspector.heapAfterCollection()) / bytesPerMb });
      inspector.close();
    },
    told: () => ({
      role,
      residentMb: resident.map(({ mb }) => Math.round(mb)),
      residentMbPerTenMinutes: slopeOf(resident),
      liveMb: live.map(({ mb }) => Math.round(mb * 100) / 100),
      liveMbPerTenMinutes: slopeOf(live),
    }),
  };
}

/** The middle one of the slopes between all pairs of samples (Theil and Sen): a few in the midst of a collection do not move it. */
function slopeOf(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((from, index) =>
    samples.slice(index + 1).map((to) => (to.mb - from.mb) / (to.atMs - from.atMs)),
  );
  return Math.round((slopes.toSorted((a, b) => a - b)[slopes.length >> 1] ?? 0) * 60_000_000) / 100;
}
