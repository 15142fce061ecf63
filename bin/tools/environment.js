import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as util from 'node:util';
import { CannotStart } from './cannot-start.js';

/** The folder of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What the commands need to know before TypeScript can run; a test keeps these equal to `src/config.ts`. */
export const defaults = Object.freeze({
  PORT: '8012',
  MYSQL_PORT: '3306',
  MYSQL_USER: 'root',
  MYSQL_DB: 'orderflow',
  REDIS_PORT: '6379',
  REDIS_DB: '0',
  REDIS_SENTINEL_NAME: 'mymaster',
  SCHEMA_FOREIGN_KEYS: 'on',
});

/** Every variable of the product; `npm test` empties them, so that a `.env` changes no result. */
export const productVariables = Object.freeze(
  `PORT HOST HEALTH_PORT HEALTH_HOST PUBLIC_URL HSTS_SUBDOMAINS TRUSTED_PROXIES CORS_ORIGINS ALLOWED_HOSTS DATA_DIR
  MYSQL_HOST MYSQL_PORT MYSQL_USER MYSQL_PASSWORD MYSQL_DB MYSQL_SSL_CA MYSQL_READ_HOST SCHEMA_FOREIGN_KEYS
  REDIS_HOST REDIS_PORT REDIS_DB REDIS_USER REDIS_PASSWORD REDIS_TLS REDIS_CLUSTER REDIS_SENTINELS REDIS_SENTINEL_NAME
  PUBLIC_PRODUCT_API FINNHUB_API_KEY FINNHUB_BASE_URL FINNHUB_PER_MINUTE FINNHUB_PER_SECOND FINNHUB_WINDOW_MS
  FINNHUB_WS_URL FINNHUB_WS_SYMBOLS
  FOREX_FALLBACK_URL PAYMENT_GATEWAY STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET STRIPE_API_BASE PAYMENT_DEFAULT_METHOD PAYMENTS_PER_SECOND
  PAYMENTS_SHARDS JOBS_PER_TENANT REQUESTS_PER_CALLER
  TENANT_WEIGHTS ADMIN_EMAIL ADMIN_PASSWORD ADMIN_MFA SMTP_URL MAIL_FROM QUOTE_TTL_SECONDS COMPANY_TTL_SECONDS
  NEWS_TTL_SECONDS FOREX_TTL_SECONDS
  CRYPTO_TTL_SECONDS WATCHLIST FX_MAX_AGE_SECONDS ORDER_EXPIRY_SECONDS RATE_LIMIT_PER_MINUTE
  RATE_LIMIT_ANONYMOUS_PER_MINUTE RATE_LIMIT_BURST STREAMS_PER_CALLER STREAMS_PER_ADDRESS
  WORKER_CONCURRENCY_PAYMENTS WORKER_CONCURRENCY_FINNHUB WORKER_CONCURRENCY_CATALOG WORKER_CONCURRENCY_UPKEEP
  WORKER_CONCURRENCY_WEBHOOKS WEBHOOK_ALLOWED_HOSTS WORKER_CONCURRENCY_MAILS SHUTDOWN_SECONDS LOG_LEVEL
  OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_TRACES_ENDPOINT SANDBOX_CONTROL_URL NODE_ENV`.split(/\s+/),
);

/** Each variable of the product empty, and the file that it may come from: neither a shell nor a `.env` says anything then. */
export function nothingSaid() {
  return Object.fromEntries(productVariables.flatMap((name) => [name, `${name}_FILE`]).map((name) => [name, '']));
}

/**
 * The environment over `.env`, the only one that the commands look at. `value` answers undefined for what is unset or
 * empty and follows `<NAME>_FILE`; `isNamed` also counts an empty value.
 */
export function readEnvironment(own = process.env, dotEnv = readIfThere(join(root, '.env'))) {
  const all = { ...leftOpen(parse(dotEnv), own), ...own };
  const value = (name) => (all[`${name}_FILE`] ? readSecret(all, `${name}_FILE`) : all[name]) || undefined;
  const setting = (name) => value(name) ?? defaults[name];
  return Object.freeze({
    all: Object.freeze(all),
    value,
    setting,
    port: () => wholePort('PORT', setting('PORT')),
    isNamed: (name) => all[name] !== undefined || value(name) !== undefined,
    isProduction: value('NODE_ENV') === 'production',
    dataDirectory: resolve(root, value('DATA_DIR') ?? '.data'),
    // npm outlives its script unless it is killed, so its end is a reason to stop; a plain shell's is not.
    isStartedByNpm: own.npm_lifecycle_event !== undefined,
    npmCommand: own.npm_execpath,
    path: own.PATH ?? '',
    isPlain: own.NO_COLOR !== undefined || own.TERM === 'dumb',
  });
}

/** What `.env` says without the files of secrets that the environment itself gives. */
function leftOpen(said, own) {
  return Object.fromEntries(
    Object.entries(said).filter(([name]) => !(name.endsWith('_FILE') && isGiven(own, name.slice(0, -'_FILE'.length)))),
  );
}

/** An empty password is none; all else that is empty is unset. */
function isGiven(own, name) {
  return name.endsWith('_PASSWORD') ? own[name] !== undefined : Boolean(own[name]);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw new CannotStart(`${file} cannot be read (${error.code}).`, 'Let this user read it, or take it away.');
  }
}

function readSecret(all, name) {
  try {
    return readFileSync(all[name], 'utf8').trimEnd();
  } catch {
    throw new CannotStart(`${name} names a file that cannot be read.`, 'Correct it, or let this user read the file.');
  }
}

/** In the words of `src/config.ts`, which looks at all the others. */
function wholePort(name, text) {
  const fault = !/^\d+$/.test(text)
    ? 'must be a whole number'
    : Number(text) < 1
      ? 'must be at least 1'
      : Number(text) > 65_535 && 'must be at most 65535';
  if (fault) throw new CannotStart(`${name} ${fault}.`, `As in: ${name}=8013 npm start`);
  return Number(text);
}

/** Node before 20.12 has no parser of its own; this one knows plain and quoted values, no lines of several. */
function parse(text) {
  if (util.parseEnv) return util.parseEnv(text);
  const lines = text.matchAll(/^\s*(?:export\s+)?([\w.]+)\s*=[^\S\n]*("[^"\n]*"|'[^'\n]*'|[^#\n]*)/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value.trim().replace(/^(["'])(.*)\1$/, '$2')]));
}
