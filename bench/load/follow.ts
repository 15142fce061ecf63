import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { FollowPlan, type Followed, spread } from './plan.ts';

// Many clients of one stream of server-sent events, in a process of their own. Says `ready` when all are let in, and a report when
// each has had as many events as are expected, or none came any more.

const plan = FollowPlan.parse(JSON.parse(await text(process.stdin)));
const { hostname, port } = new URL(plan.url);
const lines = Object.entries(plan.headers).map(([name, value]) => `${name}: ${value}\r\n`);
const request = `GET ${plan.path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}\r\n`;
const wanted = plan.clients * plan.events;
const typed = /^id: ?(\d+)-\d+\nevent: /gm;
const lateMs: number[] = [];
let lastAt = performance.now();

for (let first = 0; first < plan.clients; first += 100)
  await Promise.all(Array.from({ length: Math.min(100, plan.clients - first) }, follow));
process.stdout.write('ready\n');
lastAt = performance.now();
while (lateMs.length < wanted && performance.now() - lastAt < plan.silenceMs) await sleep(50);
const report: Followed = { delivered: lateMs.length / wanted, lateMs: spread(lateMs) };
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));

/** Resolves when the stream has begun. An event is as late as its place in the stream says, which begins with a time. */
function follow(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(request));
    let rest = '';
    let isIn = false;
    socket.setEncoding('latin1');
    socket.once('error', reject);
    socket.on('data', (chunk: string) => {
      const whole = rest + chunk;
      // Of whole frames only; one without a type tells where the stream stands.
      const last = whole.lastIndexOf('\n\n');
      const end = last === -1 ? 0 : last + 2;
      rest = whole.slice(end);
      const now = Date.now();
      for (const [, at] of whole.slice(0, end).matchAll(typed)) lateMs.push(now - Number(at));
      lastAt = performance.now();
      if (isIn) return;
      if (!whole.startsWith('HTTP/1.1 200')) return reject(new Error(whole.slice(0, 200)));
      isIn = true;
      resolve();
    });
  });
}
