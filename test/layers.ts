/** What may be imported by everything in src/. */
export const everywhere = ['errors', 'log', 'currencies', 'deadline', 'json-depth', 'rows', 'log-ids', 'trace'];

const domain = ['catalog', 'entities', 'market', 'orders', 'streams', 'users'];
const openers = ['context', 'transaction', 'load-definitions', 'orm-options', 'redis-connection'];
const process = ['config', 'database', 'health', 'listen', 'passwords', 'process-life', 'seed', 'telemetry'];
const runtimes = [...domain, 'jobs', 'outbox', 'gateways', ...openers, ...process];

/**
 * Who may import whom at run time: a folder of src/ or a file beside them, and what it may import besides itself and
 * what may be imported everywhere. `import type` is free.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  log: [],
  currencies: [],
  'log-ids': [],
  trace: [],
  deadline: [],
  'json-depth': [],
  rows: [],
  config: [],
  passwords: [],
  database: [],
  listen: [],
  health: ['listen'],
  'process-life': [],
  'redis-connection': [],
  entities: [],
  streams: [],
  catalog: ['entities', 'orders', 'streams'],
  market: ['entities'],
  orders: ['entities', 'streams'],
  users: ['entities'],
  jobs: domain,
  outbox: ['entities', 'streams', 'jobs'],
  gateways: ['config'],
  'orm-options': ['entities'],
  'load-definitions': ['jobs', 'streams'],
  transaction: ['outbox'],
  context: [...domain, 'config', 'jobs', 'outbox', 'gateways', 'telemetry', ...openers],
  seed: ['config', 'entities', 'passwords'],
  telemetry: ['entities'],
  'check-environment': ['config', 'process-life'],
  migrate: ['config', 'database', 'orm-options', 'process-life', 'seed'],
  api: runtimes,
  workers: runtimes,
};

/** What only a few files may contain; the pattern is looked for in code without comments and imports of types. */
export const keepers: readonly Readonly<{ what: string; pattern: RegExp; in: RegExp; only: readonly string[] }>[] = [
  { what: 'reads the environment', pattern: /\bprocess\.env\b/, in: /^src\//, only: ['src/config.ts'] },
  {
    what: 'reads the environment',
    pattern: /\bprocess\.env\b/,
    in: /^bin\//,
    only: ['bin/tools/environment.js'],
  },
  {
    what: 'reads the environment',
    pattern: /\bprocess\.env\b/,
    in: /^sandbox\//,
    only: ['sandbox/settings.ts'],
  },
  {
    what: 'speaks BullMQ',
    pattern: /\bfrom 'bullmq'/,
    in: /^src\//,
    only: [
      'src/jobs/enqueue.ts',
      'src/jobs/find-jobs.ts',
      'src/jobs/stored-job.ts',
      'src/workers/run-queue.ts',
      'src/workers/schedule-jobs.ts',
      'src/jobs/answers.ts',
      'src/api/ops/board.ts',
    ],
  },
  {
    what: 'opens a connection',
    pattern: /\bnew (Redis|Cluster|Queue|QueueEvents|Worker|FlowProducer)\b|\bMikroORM\.init\b/,
    in: /^src\//,
    only: [
      'src/context.ts',
      'src/commands/migrate.ts',
      'src/jobs/enqueue.ts',
      'src/workers/run-queue.ts',
      'src/jobs/answers.ts',
    ],
  },
  { what: 'calls the outside world', pattern: /(?<![.\w])fetch\((?!\))/, in: /^src\/(?!gateways\/|.*\.js$)/, only: [] },
  {
    what: 'reads the clock',
    pattern: /\bnew Date\(\)|\bDate\.now\(/,
    in: /^src\/(?!gateways\/)/,
    only: ['src/context.ts'],
  },
  {
    what: 'changes the audit',
    pattern: /\b(nativeUpdate|nativeDelete|upsert|upsertMany|updateRows|updateEach)\((\w+, )?AuditEntry\b/,
    in: /^src\//,
    only: ['src/jobs/ops/prune-records.job.ts'],
  },
  { what: 'writes to the console', pattern: /\bconsole\./, in: /^src\//, only: [] },
  {
    what: 'skips a test',
    pattern: /\b(it|describe|test)\.(skip|only|todo)\b/,
    in: /^test\/(?!architecture)/,
    only: [],
  },
  { what: 'mocks a module', pattern: /\bvi\.(mock|doMock)\b/, in: /^test\/(?!architecture)/, only: [] },
];
