import { z } from 'zod';

/** What `bin/bench.js` has brought, from the environment. */
const Settings = z.object({
  BENCH_FOLDER: z.string(),
  BENCH_MYSQL_PID: z.coerce.number(),
  BENCH_REDIS_PID: z.coerce.number(),
  MYSQL_HOST: z.string(),
  MYSQL_PORT: z.coerce.number(),
  MYSQL_USER: z.string(),
  MYSQL_PASSWORD: z.string(),
  REDIS_HOST: z.string(),
  REDIS_PORT: z.coerce.number(),
  PATH: z.string().default(''),
});

/** Where the private servers are, by the variables that both sides read, and which processes they are. */
export type Servers = z.output<typeof Settings>;

/** @throws when the bench is not started by `npm run bench`. */
export function readServers(env: Readonly<Record<string, string | undefined>>): Servers {
  return Settings.parse(env);
}

/** The names of both sides' databases and Redis dbs: nothing of one is seen by the other. */
export const places = {
  product: { MYSQL_DB: 'orderflow_product', REDIS_DB: '0' },
  peer: { MYSQL_DB: 'orderflow_peer', REDIS_DB: '1' },
} as const;

/** The variables by which a side finds the servers. */
export function serverVariables(servers: Servers, place: keyof typeof places): Record<string, string> {
  const { MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD, REDIS_HOST, REDIS_PORT, PATH } = servers;
  const ports = { MYSQL_PORT: String(MYSQL_PORT), REDIS_PORT: String(REDIS_PORT) };
  return { MYSQL_HOST, MYSQL_USER, MYSQL_PASSWORD, REDIS_HOST, PATH, ...ports, ...places[place] };
}
