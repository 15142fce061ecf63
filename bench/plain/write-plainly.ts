import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { Servers } from '../settings.ts';
import { type PlainPlan, Written } from './plan.ts';

type Wish = Omit<PlainPlan, 'host' | 'port' | 'user' | 'password'>;

/** Writes copies of an example by plain SQL, from another process. @throws when that process fails. */
export async function writePlainly(servers: Servers, wish: Wish): Promise<Written> {
  const { MYSQL_HOST: host, MYSQL_PORT: port, MYSQL_USER: user, MYSQL_PASSWORD: password } = servers;
  const plan: PlainPlan = { host, port, user, password, ...wish };
  const script = join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(plan));
  return Written.parse(await json(child.stdout));
}
