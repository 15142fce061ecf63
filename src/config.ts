import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { addDotEnv } from './dot-env.ts';
import {
  contents,
  type Host,
  hostAlone,
  hostHeaders,
  hostNames,
  hostsAlone,
  hostsOf,
  isProxyName,
  list,
  origins,
  symbols,
  text,
  tls,
  weights,
  whole,
} from './variable-kinds.ts';

/** The names and defaults of every variable; a test holds `.env.example` to this list. */
export const variables = {
  // A misspelt 'production' must not open the demo logins.
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  PORT: whole(1, 65_535).default(8012),
  HOST: text().optional(),
  HEALTH_PORT: whole(1, 65_535).optional(),
  HEALTH_HOST: text().default('127.0.0.1'),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  HSTS_SUBDOMAINS: z.enum(['true', 'false']).default('false'),
  TRUSTED_PROXIES: list()
    .refine((words) => words.every(isProxyName), 'must be addresses or subnets such as 10.0.0.0/8')
    .optional(),
  CORS_ORIGINS: origins().optional(),
  ALLOWED_HOSTS: hostHeaders().optional(),
  MYSQL_HOST: hostNames(),
  MYSQL_PORT: whole(1, 65_535).default(3306),
  MYSQL_USER: text().default('root'),
  MYSQL_PASSWORD: z.string().default(''),
  MYSQL_DB: text().default('orderflow'),
  MYSQL_SSL_CA: text().transform(contents).optional(),
  MYSQL_READ_HOST: hostNames().optional(),
  SCHEMA_FOREIGN_KEYS: z.enum(['on', 'off']).default('on'),
  REDIS_HOST: hostAlone('REDIS_PORT').optional(),
  REDIS_PORT: whole(1, 65_535).default(6379),
  REDIS_DB: whole(0, 1_000_000).default(0),
  REDIS_USER: text().optional(),
  REDIS_PASSWORD: z.string().default(''),
  REDIS_TLS: tls().optional(),
  REDIS_CLUSTER: hostNames()
    .transform((names) => hostsOf(names, 6379))
    .optional(),
  REDIS_SENTINELS: hostNames()
    .transform((names) => hostsOf(names, 26_379))
    .optional(),
  REDIS_SENTINEL_NAME: text().default('mymaster'),
  PUBLIC_PRODUCT_API: z.url({ protocol: /^https?$/ }).optional(),
  FINNHUB_API_KEY: text().optional(),
  FINNHUB_BASE_URL: z.url().default('https://finnhub.io/api/v1'),
  FINNHUB_WS_URL: z.url({ protocol: /^wss?$/ }).optional(),
  FINNHUB_WS_SYMBOLS: whole(1, 10_000).default(50),
  FINNHUB_PER_MINUTE: whole(1, 100_000).default(60),
  FINNHUB_PER_SECOND: whole(1, 10_000).default(30),
  FINNHUB_WINDOW_MS: whole(100, 60_000).default(60_000),
  PAYMENT_GATEWAY: text().default('stripe'),
  STRIPE_SECRET_KEY: list().optional(),
  STRIPE_WEBHOOK_SECRET: list().optional(),
  STRIPE_API_BASE: z.url().default('https://api.stripe.com'),
  PAYMENT_DEFAULT_METHOD: text().optional(),
  PAYMENTS_PER_SECOND: whole(1, 10_000).optional(),
  PAYMENTS_SHARDS: whole(1, 16).default(1),
  TENANT_WEIGHTS: weights().optional(),
  JOBS_PER_TENANT: whole(1, 10_000).optional(),
  // As the API takes addresses: lower case.
  ADMIN_EMAIL: z.string().trim().toLowerCase().pipe(z.email()).optional(),
  ADMIN_PASSWORD: text().optional(),
  ADMIN_MFA: z.enum(['optional', 'required']).default('optional'),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: text().optional(),
  FOREX_FALLBACK_URL: z.url({ protocol: /^https?$/ }).optional(),
  QUOTE_TTL_SECONDS: whole(0, 86_400).default(10),
  COMPANY_TTL_SECONDS: whole(0, 2_592_000).default(86_400),
  NEWS_TTL_SECONDS: whole(0, 86_400).default(300),
  FOREX_TTL_SECONDS: whole(0, 86_400).default(3_600),
  CRYPTO_TTL_SECONDS: whole(0, 86_400).default(10),
  WATCHLIST: symbols().optional(),
  FX_MAX_AGE_SECONDS: whole(0, 31_536_000).default(518_400),
  ORDER_EXPIRY_SECONDS: whole(1, 31_536_000).default(1_800),
  WORKER_CONCURRENCY_PAYMENTS: whole(1, 10_000).optional(),
  WORKER_CONCURRENCY_FINNHUB: whole(1, 10_000).optional(),
  WORKER_CONCURRENCY_CATALOG: whole(1, 10_000).optional(),
  WORKER_CONCURRENCY_UPKEEP: whole(1, 10_000).optional(),
  WORKER_CONCURRENCY_WEBHOOKS: whole(1, 10_000).optional(),
  WORKER_CONCURRENCY_MAILS: whole(1, 10_000).optional(),
  WEBHOOK_ALLOWED_HOSTS: hostsAlone().optional(),
  RATE_LIMIT_PER_MINUTE: whole(0, 1_000_000_000).default(60_000),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: whole(0, 1_000_000_000).default(30_000),
  RATE_LIMIT_BURST: whole(0, 1_000_000).default(1_000),
  REQUESTS_PER_CALLER: whole(0, 1_000_000).default(1_000),
  STREAMS_PER_CALLER: whole(1, 1_000_000).default(2_500),
  STREAMS_PER_ADDRESS: whole(1, 1_000_000).default(50),
  SHUTDOWN_SECONDS: whole(1, 600).default(10),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  SANDBOX_CONTROL_URL: z.url({ protocol: /^https?$/ }).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
} as const;

/** Passwords of the demo's logins: everybody knows them. */
export const demoPasswords = ['orderflow-demo', 'orderflow-admin'] as const;

const schema = z.object(variables);
const finnhubSocketUrl = 'wss://ws.finnhub.io';
const referenceRatesUrl = 'https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml';

/** Secrets that `<NAME>_FILE` may point to. */
const secrets = [
  'MYSQL_PASSWORD',
  'REDIS_PASSWORD',
  'FINNHUB_API_KEY',
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'ADMIN_PASSWORD',
  'SMTP_URL',
] as const;

type Given = Readonly<Record<string, string | undefined>>;
type EnvironmentFault = Readonly<{ name: string; why: string }>;

/** Everything the processes may know of their environment: typed, complete, frozen. */
export type Config = Readonly<
  z.output<typeof schema> & {
    isProduction: boolean;
    /** The servers of MYSQL_HOST, of which one at a time takes writes. */
    mysqlHosts: readonly Host[];
    /** Those of MYSQL_READ_HOST. */
    mysqlReadHosts: readonly Host[];
    bindHost: string;
    publicUrl: string;
    /** Where trades are told live; nowhere without a key, or where another stands in for Finnhub and has named no socket. */
    tradeSocketUrl: string | undefined;
    /** Daily reference rates for keys whose plan has no forex; none where market data is off. */
    forexFallbackUrl: string | undefined;
    /** Where traces are sent; nowhere, and nothing is traced, where no collector is named. */
    tracesUrl: string | undefined;
    /** Private hosts that webhooks may be sent to all the same, and without TLS. */
    webhookHosts: readonly string[];
    /** Jobs at once in a process, by queue, where it was set. */
    concurrency: Readonly<Record<string, number | undefined>>;
  }
>;

/** The environment is unusable; the message names every faulty variable and never a value. */
export class BadConfig extends Error {
  override name = 'BadConfig';
}

/**
 * Reads the environment, `.env` included (the environment wins). Empty counts as unset; an empty password is none. What only
 * brings the schema up to date serves nobody, and needs less.
 * @throws BadConfig listing every fault at once.
 */
export function readConfig(env: NodeJS.ProcessEnv = environment(), { isServing = true } = {}): Config {
  const { given, unreadable } = readValues(env);
  const parsed = schema.safeParse(given);
  const isGivenProduction = (given['NODE_ENV'] ?? 'production') === 'production';
  const misfits = parsed.error?.issues.map((issue) => misfit(issue, isGivenProduction)) ?? [];
  const faults = [...unreadable, ...misfits, ...missingTogether(given, isGivenProduction, isServing)];
  if (!parsed.success || faults.length > 0) throw new BadConfig(describe(faults));

  const isProduction = parsed.data.NODE_ENV === 'production';
  const bindHost = parsed.data.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1');
  const publicUrl = parsed.data.PUBLIC_URL ?? ownAddress(bindHost, parsed.data.PORT);
  const concurrency = {
    payments: parsed.data.WORKER_CONCURRENCY_PAYMENTS,
    finnhub: parsed.data.WORKER_CONCURRENCY_FINNHUB,
    catalog: parsed.data.WORKER_CONCURRENCY_CATALOG,
    upkeep: parsed.data.WORKER_CONCURRENCY_UPKEEP,
    webhooks: parsed.data.WORKER_CONCURRENCY_WEBHOOKS,
    mails: parsed.data.WORKER_CONCURRENCY_MAILS,
  };
  const { MYSQL_HOST, MYSQL_READ_HOST = '', MYSQL_PORT } = parsed.data;
  return Object.freeze({
    ...parsed.data,
    mysqlHosts: hostsOf(MYSQL_HOST, MYSQL_PORT),
    mysqlReadHosts: hostsOf(MYSQL_READ_HOST, MYSQL_PORT),
    concurrency,
    webhookHosts: parsed.data.WEBHOOK_ALLOWED_HOSTS ?? (isProduction ? [] : ['localhost', '127.0.0.1']),
    isProduction,
    bindHost,
    publicUrl: publicUrl.replace(/\/+$/, ''),
    tradeSocketUrl: tradeSocketOf(parsed.data),
    tracesUrl: parsed.data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? tracesOf(parsed.data.OTEL_EXPORTER_OTLP_ENDPOINT),
    forexFallbackUrl: parsed.data.FOREX_FALLBACK_URL ?? (parsed.data.FINNHUB_API_KEY && referenceRatesUrl),
  });
}

/** Where a process is reached that listens there. @param host a name or an address, of one interface or of all of them */
function ownAddress(host: string, port: number): string {
  const isAnywhere = ['0.0.0.0', '::', ''].includes(host);
  const named = host.includes(':') ? `[${host}]` : host;
  return `http://${isAnywhere ? '127.0.0.1' : named}:${port}`;
}

function tradeSocketOf(given: z.output<typeof schema>): string | undefined {
  if (!given.FINNHUB_API_KEY) return undefined;
  const isFinnhub = new URL(given.FINNHUB_BASE_URL).hostname.endsWith('finnhub.io');
  return given.FINNHUB_WS_URL ?? (isFinnhub ? finnhubSocketUrl : undefined);
}

/** A collector takes each kind of signal at a path of its own. */
function tracesOf(collector: string | undefined): string | undefined {
  return collector && `${collector.replace(/\/+$/, '')}/v1/traces`;
}

/** The values that must not be seen anywhere. */
export function secretsOf(config: Config): string[] {
  return secrets.flatMap((name) => config[name] ?? []);
}

function environment(): NodeJS.ProcessEnv {
  const file = join(import.meta.dirname, '..', '.env');
  if (existsSync(file)) addDotEnv(process.env, readFileSync(file, 'utf8'));
  return process.env;
}

function readValues(env: NodeJS.ProcessEnv): { given: Given; unreadable: EnvironmentFault[] } {
  const given: Record<string, string> = {};
  const unreadable: EnvironmentFault[] = [];
  for (const name of Object.keys(variables)) {
    const file = secrets.some((secret) => secret === name) ? env[`${name}_FILE`] : undefined;
    try {
      const value = file ? readFileSync(file, 'utf8').trimEnd() : env[name];
      if (value) given[name] = value;
    } catch {
      unreadable.push({ name: `${name}_FILE`, why: 'names a file that cannot be read' });
    }
  }
  return { given, unreadable };
}

/** What one variable needs of another; zod looks at each alone, and skips its own checks of the whole after a fault. */
function missingTogether(given: Given, isProduction: boolean, isServing: boolean): EnvironmentFault[] {
  const faults: EnvironmentFault[] = isServing ? missingToServe(given, isProduction) : [];
  // Outside production the demo administrator fills in what is missing.
  if (isProduction)
    for (const [name, other] of [
      ['ADMIN_EMAIL', 'ADMIN_PASSWORD'],
      ['ADMIN_PASSWORD', 'ADMIN_EMAIL'],
    ] as const)
      if (given[other] && !given[name]) faults.push({ name, why: `is needed beside ${other}` });
  if (isProduction && demoPasswords.some((known) => known === given['ADMIN_PASSWORD']))
    faults.push({ name: 'ADMIN_PASSWORD', why: "is the demo's, which everybody knows; choose another" });
  return faults;
}

function missingToServe(given: Given, isProduction: boolean): EnvironmentFault[] {
  const faults: EnvironmentFault[] = redisFaults(given, isProduction);
  if (isProduction && !given['PUBLIC_URL'])
    faults.push({ name: 'PUBLIC_URL', why: 'is not set; name the address by which callers reach the API' });
  // Without its secret no webhook is believed; who tries things out may do without them, a shop may not.
  const needed = ['STRIPE_SECRET_KEY', ...(isProduction ? ['STRIPE_WEBHOOK_SECRET'] : [])];
  if ((given['PAYMENT_GATEWAY'] ?? 'stripe') === 'stripe')
    for (const name of needed.filter((key) => !given[key]))
      faults.push({ name, why: 'is needed by PAYMENT_GATEWAY=stripe; set it, or choose PAYMENT_GATEWAY=instant' });
  return faults;
}

function redisFaults(given: Given, isProduction: boolean): EnvironmentFault[] {
  const faults: EnvironmentFault[] = [];
  const { REDIS_HOST: host, REDIS_CLUSTER: cluster, REDIS_SENTINELS: sentinels, REDIS_DB: db } = given;
  if (!host && !cluster && !sentinels) faults.push({ name: 'REDIS_HOST', why: unnamed(isProduction) });
  if (cluster && sentinels)
    faults.push({ name: 'REDIS_SENTINELS', why: 'is no part of a cluster; set it or REDIS_CLUSTER, not both' });
  if (cluster && Number(db ?? 0) !== 0)
    faults.push({
      name: 'REDIS_DB',
      why: `must be 0 on a cluster, which has one database only; unset it, or REDIS_CLUSTER`,
    });
  return faults;
}

function unnamed(isProduction: boolean): string {
  return `is not set; name the server${isProduction ? '' : ', or use `npm start`, which brings one'}`;
}

function misfit({ path, message }: z.core.$ZodIssue, isProduction: boolean): EnvironmentFault {
  const isMissing = message.includes('received undefined');
  return { name: path.join('.'), why: isMissing ? unnamed(isProduction) : message };
}

function describe(faults: readonly EnvironmentFault[]): string {
  const lines = faults.map(({ name, why }) => `  ${name} ${why}`);
  return `The environment is not usable:\n${lines.join('\n')}`;
}
