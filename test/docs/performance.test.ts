import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goalOf } from '../../bench/goals.ts';
import { type BenchResults, benchFigures, benchPages, benchTable } from '../../docs/generate/bench-pages.ts';

const residents = (side: string, api: number, worker: number) => ({ side, residentMb: { api, worker } });
const results: BenchResults = {
  latest: {
    at: '2026-11-27T04:14:34.581Z',
    versions: { mysql: '10.11.19-MariaDB', redis: '7.0.15', node: 'v24.21.0', peer: 'not run' },
    machine: { cpu: 'a processor', cores: 2, memoryGb: 24 },
    goals: [
      goalOf('paid-rate', { rate: { ours: [1_234.4, 2_000, 900], peer: [100, 100, 100] } }),
      goalOf('memory', { api: { ours: [145.4] }, worker: { ours: [128.3] }, growth: { ours: [1.1] } }),
      goalOf('grow'),
    ],
  },
  rounds: {
    effort: { rounds: 3, seconds: 8, isQuick: false },
    rounds: [
      residents('Orderflow', 230.2, 207.9),
      residents('Orderflow', 279.8, 180),
      residents('FastAPI', 900, 900),
      { row: 'start', seconds: [4] },
    ],
  },
};

describe('the pages that tell what was measured', () => {
  it('say what the last bench has found', () => {
    for (const [file, text] of benchPages()) expect(readFileSync(file, 'utf8'), file).toBe(text);
  });

  it('tell each row that was run with its range, and on what', () => {
    const [place, , , , ...rows] = benchTable(results).split('\n');
    expect(place).toBe(
      'Of 2026-11-27: 3 rounds of 8 s on 2 cores, a processor, 24 GB; 10.11.19-MariaDB, Redis 7.0.15, Node v24.21.0, peer not run.',
    );
    expect(rows[0]).toBe('| `paid-rate` | 1230 | 100 | 12.3 | 9–20 | ≥ 8 × (never below 4 ×) **holds** |');
    expect(rows[1]).toContain(
      '| api 145, worker 128, growth 1.1 | – | – | api 145–145, worker 128–128, growth 1.1–1.1 |',
    );
    expect(rows).toHaveLength(2);
  });

  it('tell sizes of Orderflow alone, and nothing of what was not run', () => {
    expect(benchFigures(results)).toEqual({
      'paid.rate': '1,234',
      'stripe.rate': undefined,
      'accept.rate': undefined,
      'idle.api': '145',
      'idle.worker': '128',
      'load.api': '280',
      'load.worker': '208',
    });
  });
});
