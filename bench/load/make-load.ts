import { spawn } from 'node:child_process';
import { json } from 'node:stream/consumers';
import { type Plan, Report } from './plan.ts';

/** Makes a load from another process, and answers what came of it once all is answered. @throws when that process fails. */
export async function makeLoad(plan: Plan): Promise<Report> {
  const script = new URL('main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(plan));
  return Report.parse(await json(child.stdout));
}
