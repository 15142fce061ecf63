import { join } from 'node:path';
import type { Measure } from '../bench.ts';
import { answering, freePort, startMeasured } from '../sides/processes.ts';

/** From `npm start`, when everything has been there before, until the API is ready. */
export const start: Measure = {
  ids: ['start'],
  async run({ servers, effort, say }) {
    const { BENCH_FOLDER, PATH } = servers;
    const seconds: number[] = [];
    const port = await freePort();
    const env = { PATH, PORT: String(port), DATA_DIR: join(BENCH_FOLDER, 'start') };
    const log = join(BENCH_FOLDER, 'start.log');
    const root = join(import.meta.dirname, '..', '..');
    // The first makes servers' data and schema, and does not count.
    for (let round = 0; round <= effort.rounds; round += 1) {
      const began = performance.now();
      const platform = startMeasured(process.execPath, ['bin/start.js'], { env, cwd: root, log });
      try {
        await answering(`http://127.0.0.1:${port}/readyz`, platform, log);
        if (round > 0) seconds.push((performance.now() - began) / 1_000);
      } finally {
        await platform.stop();
      }
    }
    say(`start: ${seconds.map((each) => `${each.toFixed(1)} s`).join(', ')}`);
    return { goals: { start: { seconds: { ours: seconds } } }, rounds: [{ row: 'start', seconds }] };
  },
};
