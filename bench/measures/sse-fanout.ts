import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Bench, type Measure, withProduct } from '../bench.ts';
import { makeLoad } from '../load/make-load.ts';
import { Followed, type FollowPlan } from '../load/plan.ts';
import type { Side } from '../sides/side.ts';
import { drained, expectExact } from './drain.ts';

const clients = 2_000;
const eventsPerSecond = 20;

/** Logged-in clients that follow their orders, all from one API process, while orders come in. */
export const sseFanout: Measure = {
  ids: ['sse-fanout'],
  async run(bench) {
    const rounds: Followed[] = [];
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bench.say(`sse-fanout: round ${round + 1} of ${bench.effort.rounds}`);
      rounds.push(await withProduct(bench, {}, (side) => fanoutOf(bench, side)));
    }
    const figure = (pick: (one: Followed) => number) => ({ ours: rounds.map(pick) });
    // All have to be delivered each time, so that the worst round is the one that counts.
    const delivered = { ours: [Math.min(...rounds.map((one) => one.delivered))] };
    return {
      goals: { 'sse-fanout': { delivered, p99: figure(({ lateMs }) => lateMs.p99) } },
      rounds: [{ row: 'sse-fanout', rounds }],
    };
  },
};

async function fanoutOf({ effort, say }: Bench, side: Side): Promise<Followed> {
  const [before, { added, anOrder }] = [await side.tally(), await side.entries()];
  const perSecond = eventsPerSecond / anOrder;
  const orders = Math.round(perSecond * effort.seconds);
  const [url = ''] = side.urls;
  const { authorization = '' } = side.order.headers;
  const plan = { url, path: '/streams/orders', headers: { authorization }, clients, silenceMs: 15_000 };
  const followers = await startFollowers({ ...plan, events: orders * anOrder });
  const load = { connections: 8, perSecond, seconds: effort.seconds, most: orders };
  const placed = await makeLoad({ urls: [url], ask: side.order, ...load });
  const report = await followers.report;
  await drained(side, added, placed.good);
  expectExact(side, before, await side.tally(), placed);
  say(
    `  ${(report.delivered * 100).toFixed(2)} % delivered, p99 ${report.lateMs.p99} ms, at most ${report.lateMs.most} ms`,
  );
  return report;
}

/** Resolves when all follow. */
async function startFollowers(plan: FollowPlan): Promise<Readonly<{ report: Promise<Followed> }>> {
  const script = join(import.meta.dirname, '..', 'load', 'follow.ts');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(plan));
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const ended = once(output, 'close');
  await Promise.race([once(output, 'line'), ended]);
  if (lines[0] !== 'ready') throw new Error('not every follower was let in');
  return { report: ended.then(() => Followed.parse(JSON.parse(lines[1] ?? '{}'))) };
}
