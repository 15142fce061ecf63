import { type HoldingProxy, openHoldingProxy } from '../upstreams/holding-proxy.ts';
import { type Platform, untilReady } from '../processes/platform.ts';
import { freePort, startProcess, type TestProcess } from '../processes/process.ts';
import type { KillPoint } from './kill-points.ts';

/** A process that is killed and started again in one place: its ports stay, and so do the proxies to its servers. */
export type Stand = Readonly<{
  role: KillPoint['role'];
  url: string;
  /** Where it is probed. */
  health: string;
  mysql: HoldingProxy;
  redis: HoldingProxy;
  process(): TestProcess;
  /** That, and all that were there before it. */
  processes: readonly TestProcess[];
  /** Starts it, again after a kill, with more in its environment, or from another checkout; resolves when it is ready. */
  start(more?: Readonly<Record<string, string>>, from?: string): Promise<void>;
  close(): Promise<void>;
}>;

/** Makes a stand for an API or a worker of a platform, from this checkout unless another is named. */
export async function openStand(
  { env }: Pick<Platform, 'env'>,
  role: KillPoint['role'],
  folder?: string,
): Promise<Stand> {
  const mysql = await openHoldingProxy(env['MYSQL_HOST'] ?? '', Number(env['MYSQL_PORT']));
  const redis = await openHoldingProxy(env['REDIS_HOST'] ?? '', Number(env['REDIS_PORT']));
  const [port, health] = [await freePort(), await freePort()];
  const given = {
    ...env,
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: String(mysql.port),
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(redis.port),
    PORT: String(port),
    HEALTH_PORT: String(health),
  };
  const processes: TestProcess[] = [];
  const process = () => {
    const current = processes.at(-1);
    if (!current) throw new Error(`the ${role} has not been started`);
    return current;
  };
  return {
    role,
    url: `http://127.0.0.1:${port}`,
    health: `http://127.0.0.1:${health}`,
    mysql,
    redis,
    process,
    processes,
    async start(more = {}, from = folder) {
      const script = role === 'api' ? 'src/api/main.ts' : 'src/workers/main.ts';
      const started = startProcess(script, [], { ...given, ...more }, from);
      processes.push(started);
      await untilReady(`http://127.0.0.1:${health}/readyz`, started);
    },
    async close() {
      await processes.at(-1)?.signal('SIGKILL');
      await Promise.all([mysql.close(), redis.close()]);
    },
  };
}
