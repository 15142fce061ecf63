// Made of /openapi.json by `npm run docs`; a test fails when it is stale.

export type Alert = Readonly<{
  id: string;
  user_id: number;
  symbol: string;
  above: number | null;
  below: number | null;
  percent: number | null;
  once: boolean;
  status: 'active' | 'ended';
  /** Of `percent`: the price from which the next move counts; null: the next price. */
  reference: number | null;
  order: Readonly<{
    items: ReadonlyArray<Readonly<{
      product_id: number;
      quantity: number;
    }>>;
    currency: string;
    payment_method: string | null;
    max_total: number;
  }> | null;
  /** The one webhook that is told; null, also once it has been deleted: each that takes `alert.fired`. */
  webhook: string | null;
  /** How often the price is asked for without anybody asking; null: never. Of a closed market at most each quarter of an hour. */
  polled_every_seconds: number | null;
  firings: number;
  /** The last 10, newest first. */
  fired: ReadonlyArray<Readonly<{
    /** 1, 2, 3 … of its alert. */
    firing: number;
    price: number;
    as_of: string;
    fired_at: string;
    /** Of `percent`: the price from which the move was counted. */
    reference: number | null;
    change_percent: number | null;
    /** Null: this firing carries none. */
    order: Readonly<{
      status: 'waiting' | 'placed' | 'refused';
      order_id: string | null;
      /** Why there is no order, as problems are called. */
      code: string | null;
      detail: string | null;
    }> | null;
  }>>;
  created_at: string;
  ended_at: string | null;
}>;

export type AlertList = Readonly<{
  data: ReadonlyArray<Alert>;
  next_cursor: string | null;
}>;

export type AlertRequest = Readonly<{
  symbol: string;
  /** Fires when the price is above, and was not before. */
  above?: number | undefined;
  /** Fires when the price is below, and was not before. */
  below?: number | undefined;
  /** Fires when the price has moved by so much, up or down, since the alert was made or fired last. */
  percent?: number | undefined;
  /** Whether it ends when it has fired. Default: yes of one with an order, else no. */
  once?: boolean | undefined;
  order?: StandingOrderRequest | undefined;
  /** The one webhook that is told, or the address of a new one. None, or once it is deleted: each that takes `alert.fired`. */
  webhook?: string | undefined;
}>;

export type ApiKey = Readonly<{
  id: string;
  /** For whom it acts. */
  user_id: number;
  name: string;
  scopes: ReadonlyArray<'orders:read' | 'orders:read:all' | 'orders:write' | 'orders:write:all' | 'payments:read' | 'payments:read:all' | 'payments:write' | 'products:read' | 'products:write' | 'market:read' | 'market:read:all' | 'market:write' | 'alerts:read' | 'alerts:write' | 'users:read' | 'users:read:all' | 'events:read' | 'webhooks:read' | 'webhooks:read:all' | 'webhooks:write' | 'webhooks:write:all' | 'jobs:read' | 'jobs:write' | 'audit:read'>;
  /** What the key begins with. */
  start: string;
  /** Its own limit of requests; null: its owner's alone. */
  per_minute: number | null;
  created_at: string;
  expires_at: string | null;
  /** To the minute. */
  last_used_at: string | null;
  /** From which address. */
  last_used_from: string | null;
  /** The key that it takes over from. */
  replaces: string | null;
}>;

export type ApiKeyList = Readonly<{
  data: ReadonlyArray<ApiKey>;
  next_cursor: string | null;
}>;

export type ApiKeyRequest = Readonly<{
  /** What you call it. */
  name: string;
  scopes: ReadonlyArray<'orders:read' | 'orders:read:all' | 'orders:write' | 'orders:write:all' | 'payments:read' | 'payments:read:all' | 'payments:write' | 'products:read' | 'products:write' | 'market:read' | 'market:read:all' | 'market:write' | 'alerts:read' | 'alerts:write' | 'users:read' | 'users:read:all' | 'events:read' | 'webhooks:read' | 'webhooks:read:all' | 'webhooks:write' | 'webhooks:write:all' | 'jobs:read' | 'jobs:write' | 'audit:read'>;
  /** When it ends by itself; never, when left out. */
  expires_at?: string | undefined;
  /** Its own limit of requests, within its owner's. */
  per_minute?: number | undefined;
}>;

export type ApiKeyRotation = Readonly<{
  /** How long the old key goes on beside the new one. */
  overlap_seconds?: number | undefined;
  /** When the new key ends; as long after its making as the old one was to, when left out. */
  expires_at?: string | undefined;
}>;

export type AuditEntry = Readonly<{
  id: string;
  at: string;
  /** The user; null: nobody known. */
  actor: number | null;
  /** The API key that acted for them. */
  key_id: string | null;
  /** From where. */
  address: string | null;
  /** The id of the operation, as it stands here; on the board what it asked for. */
  action: string;
  /** Of what: the id of a user, product, order, job, token or key, a symbol, or the name of a queue. */
  subject: string | null;
  /** Of a change on the board; null: every queue. */
  queue: string | null;
  /** The fields that changed, as they were; `…` hides what is secret or personal. */
  before: Readonly<Record<string, unknown>> | null;
  after: Readonly<Record<string, unknown>> | null;
  /** The answer; null: about to be made, another entry of this request tells the end. */
  status: number | null;
  /** Why it was refused. */
  code: string | null;
  request_id: string;
}>;

export type AuditList = Readonly<{
  data: ReadonlyArray<AuditEntry>;
  next_cursor: string | null;
}>;

export type Bars = Readonly<{
  symbol: string;
  interval: '1m' | '5m' | '15m' | '1h' | '1d';
  from: string;
  to: string;
  data: ReadonlyArray<Readonly<{
    t: number;
    o: number;
    h: number;
    l: number;
    c: number;
    n: number;
  }>>;
  gaps: ReadonlyArray<Readonly<{
    from: number;
    to: number;
  }>>;
}>;

export type Budget = Readonly<{
  windows: ReadonlyArray<Readonly<{
    name: 'minute' | 'second';
    window_ms: number;
    limit: number;
    /** Calls that the window holds now. */
    used: number;
    /** Calls that only people may make at present. */
    reserved: number;
    /** When its oldest call is forgotten; null when it holds none. */
    resets_at: string | null;
  }>>;
  lanes: ReadonlyArray<Readonly<{
    lane: 'logged_in' | 'anonymous_cold' | 'anonymous_stale' | 'watchlist' | 'refresh';
    /** Calls of the longer window. */
    used: number;
    /** Fetches that wait for their turn. */
    waiting: number;
  }>>;
  /** Calls that the provider has counted and nobody here has made. */
  elsewhere: number;
  last_429: Readonly<{
    at: string;
    retry_after_seconds: number;
  }> | null;
  /** Until then no call is made. */
  resting_until: string | null;
}>;

export type BudgetHistory = Readonly<{
  by: 'minute' | 'hour';
  from: string;
  to: string;
  /** Calls that were made, by lane. */
  total: Readonly<{
    logged_in: number;
    anonymous_cold: number;
    anonymous_stale: number;
    watchlist: number;
    refresh: number;
  }>;
  data: ReadonlyArray<Readonly<{
    /** Its beginning. */
    at: string;
    calls: Readonly<{
      logged_in: number;
      anonymous_cold: number;
      anonymous_stale: number;
      watchlist: number;
      refresh: number;
    }>;
  }>>;
}>;

export type ChangedWebhook = Readonly<{
  id: string;
  user_id: number;
  url: string;
  description: string | null;
  scope: 'own' | 'all';
  /** Event types that are sent; empty: all. */
  types: ReadonlyArray<string>;
  /** Symbols of which market data are sent; empty: all. */
  symbols: ReadonlyArray<string>;
  status: 'active' | 'paused';
  /** Why it was paused, where nobody has asked for that. */
  notice: string | null;
  paused_at: string | null;
  /** Rounds in a row in which the endpoint took nothing. */
  failures: number;
  /** Nothing is sent before, after a failure. */
  next_try_at: string | null;
  last_success_at: string | null;
  /** The secret before, and the one before that if it still did, sign as well until then. */
  previous_secret_until: string | null;
  created_at: string;
  /** What to verify signatures with. It is shown this once. */
  secret?: string | undefined;
}>;

export type Company = Readonly<{
  symbol: string;
  country: string | null;
  currency: string | null;
  estimateCurrency: string | null;
  exchange: string | null;
  finnhubIndustry: string | null;
  ipo: string | null;
  logo: string | null;
  marketCapitalization: number | null;
  name: string;
  phone: string | null;
  shareOutstanding: number | null;
  ticker: string;
  weburl: string | null;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type Completeness = Readonly<{
  symbol: string;
  from: string;
  to: string;
  is_live: boolean;
  covered_seconds: number;
  covered_until: string | null;
  holes: ReadonlyArray<Readonly<{
    from: string;
    to: string;
    seconds: number;
    observed: number;
  }>>;
}>;

export type Confirmation = Readonly<{
  token: string;
}>;

export type Crypto = Readonly<{
  symbol: string;
  c: number;
  d: number | null;
  dp: number | null;
  h: number | null;
  l: number | null;
  o: number | null;
  pc: number | null;
  t: number;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type CryptoHistory = Readonly<{
  symbol: string;
  from: string;
  to: string;
  data: ReadonlyArray<Readonly<{
    c: number;
    d: number | null;
    dp: number | null;
    h: number | null;
    l: number | null;
    o: number | null;
    pc: number | null;
    t: number;
    /** When it was observed, RFC 3339. */
    as_of: string;
    source: string;
  }>>;
  next_cursor: string | null;
}>;

export type DeadLetter = Readonly<{
  id: string;
  kind: string;
  /** null: the kind is defined no more. */
  queue: string | null;
  job_id: string;
  /** Where the job can be read for a day after it gave up. */
  job_url: string | null;
  /** Where it is on Bull Board, as long. */
  board_url: string | null;
  /** A sentence in brackets, where it could not be kept. */
  payload?: unknown | undefined;
  reason: string;
  attempts: number;
  died_at: string;
  replayed_at: string | null;
  replay_job_id: string | null;
  replay_job_url: string | null;
}>;

export type DeadLetterList = Readonly<{
  data: ReadonlyArray<DeadLetter>;
  next_cursor: string | null;
}>;

export type Earnings = Readonly<{
  symbol: string;
  data: ReadonlyArray<Readonly<{
    date: string;
    epsActual: number | null;
    epsEstimate: number | null;
    hour: string;
    quarter: number | null;
    revenueActual: number | null;
    revenueEstimate: number | null;
    symbol: string;
    year: number | null;
  }>>;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type EarningsHistory = Readonly<{
  symbol: string;
  from: string;
  to: string;
  data: ReadonlyArray<Readonly<{
    data: ReadonlyArray<Readonly<{
      date: string;
      epsActual: number | null;
      epsEstimate: number | null;
      hour: string;
      quarter: number | null;
      revenueActual: number | null;
      revenueEstimate: number | null;
      symbol: string;
      year: number | null;
    }>>;
    /** When it was observed, RFC 3339. */
    as_of: string;
    source: string;
  }>>;
  next_cursor: string | null;
}>;

export type Event = Readonly<{
  id: string;
  stream: string;
  type: string;
  /** The number of the event among those of its subject: 1, 2, 3 … */
  version: number;
  schema: number;
  time: string;
  subject: string;
  data: Readonly<Record<string, unknown>>;
}>;

export type EventList = Readonly<{
  data: ReadonlyArray<Event>;
  next_cursor: string | null;
}>;

export type Forex = Readonly<{
  base: string;
  quote: Readonly<Record<string, number>>;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type ForexHistory = Readonly<{
  base: string;
  from: string;
  to: string;
  data: ReadonlyArray<Readonly<{
    quote: Readonly<Record<string, number>>;
    /** When it was observed, RFC 3339. */
    as_of: string;
    source: string;
  }>>;
  next_cursor: string | null;
}>;

export type Job = Readonly<{
  id: string;
  kind: string;
  queue: string;
  state: 'waiting' | 'active' | 'delayed' | 'completed' | 'failed';
  /** Attempts that have ended. */
  attempts: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** Of a kind that tells it, how far it has come: `sync-products` in rows of the feed. */
  progress?: Readonly<{
    done: number;
    total: number;
  }> | undefined;
  /** Where operators see it on Bull Board. */
  board_url?: string | undefined;
  result?: unknown | undefined;
  error?: string | undefined;
  waiting_because?: string | undefined;
}>;

export type JobKind = Readonly<{
  kind: string;
  summary: string;
  queue: string;
  /** JSON Schema, draft 2020-12. */
  payload_schema: Readonly<Record<string, unknown>>;
  policy: Readonly<{
    attempts: number;
    backoff_ms: number;
    timeout_ms: number;
    every_ms?: number | undefined;
    /** Unfinished jobs for the same thing are one job. */
    coalesces: boolean;
  }>;
}>;

export type JobKindList = Readonly<{
  data: ReadonlyArray<JobKind>;
  next_cursor: string | null;
}>;

export type JobList = Readonly<{
  data: ReadonlyArray<Job>;
  next_cursor: string | null;
}>;

export type MailAsked = Readonly<{
  status: 'accepted';
}>;

export type NewAlert = (Alert) & (Readonly<{
  /** Of a webhook that was made with it, this once. */
  webhook_secret?: string | undefined;
}>);

export type NewApiKey = Readonly<{
  id: string;
  /** For whom it acts. */
  user_id: number;
  name: string;
  scopes: ReadonlyArray<'orders:read' | 'orders:read:all' | 'orders:write' | 'orders:write:all' | 'payments:read' | 'payments:read:all' | 'payments:write' | 'products:read' | 'products:write' | 'market:read' | 'market:read:all' | 'market:write' | 'alerts:read' | 'alerts:write' | 'users:read' | 'users:read:all' | 'events:read' | 'webhooks:read' | 'webhooks:read:all' | 'webhooks:write' | 'webhooks:write:all' | 'jobs:read' | 'jobs:write' | 'audit:read'>;
  /** What the key begins with. */
  start: string;
  /** Its own limit of requests; null: its owner's alone. */
  per_minute: number | null;
  created_at: string;
  expires_at: string | null;
  /** To the minute. */
  last_used_at: string | null;
  /** From which address. */
  last_used_from: string | null;
  /** The key that it takes over from. */
  replaces: string | null;
  /** Shown this once; only its hash is kept. */
  key: string;
}>;

export type NewProduct = Readonly<{
  title: string;
  /** In major units, with no more decimals than the currency. */
  price: number;
  currency?: string | undefined;
  description?: string | null | undefined;
  category?: string | null | undefined;
  image?: string | null | undefined;
  /** null: not counted. */
  stock?: number | null | undefined;
}>;

export type NewUser = Readonly<{
  email: string;
  password: string;
  name: string;
  role?: 'user' | 'operator' | 'admin' | undefined;
}>;

export type NewWebhook = (Webhook) & (Readonly<{
  /** What to verify signatures with. It is shown this once. */
  secret: string;
}>);

export type News = Readonly<{
  symbol: string;
  from: string;
  to: string;
  data: ReadonlyArray<Readonly<{
    category: string;
    /** UNIX seconds. */
    datetime: number;
    headline: string;
    id: number;
    image: string;
    related: string;
    source: string;
    /** As the publisher wrote it: it may hold markup, so escape it. */
    summary: string;
    url: string;
  }>>;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type NotReady = Readonly<{
  status: 'not ready';
  /** draining, mysql_away or schema_behind */
  reason: string;
}>;

export type Order = Readonly<{
  id: string;
  user_id: number;
  /** partially_refunded and refunded count the refunds that have succeeded, and no other. */
  status: 'pending' | 'paid' | 'payment_failed' | 'cancelled' | 'partially_refunded' | 'refunded';
  items: ReadonlyArray<Readonly<{
    product_id: number;
    title: string;
    quantity: number;
    unit_price: number;
    line_total: number;
    /** Of a converted line: the rate it was converted at. */
    fx_rate?: number | undefined;
  }>>;
  total_amount: number;
  currency: string;
  /** Units of `currency` for one of the products’; null when none was needed, or several. */
  fx_rate: number | null;
  fx_source: string | null;
  /** For when the rate holds; of several the oldest. */
  fx_as_of: string | null;
  /** What the gateway has given back, as far as it says. */
  refunded_amount: number;
  refunds: ReadonlyArray<Readonly<{
    id: string;
    /** processing until the gateway says it has succeeded; unknown: asked for, and nobody heard the answer yet. One that has succeeded can still fail. */
    status: 'processing' | 'succeeded' | 'failed' | 'unknown';
    amount: number;
    reason: string | null;
    failure_code: string | null;
  }>>;
  payment: Readonly<{
    id: string;
    status: 'processing' | 'succeeded' | 'failed' | 'requires_action' | 'unknown' | 'canceled';
    method: string;
    failure_code: string | null;
    failure_detail: string | null;
    /** For the owner alone, while the status is requires_action: what the gateway’s form needs. */
    client_secret?: string | undefined;
  }> | null;
  created_at: string;
  paid_at: string | null;
}>;

export type OrderChangeRequest = Readonly<{
  products?: ReadonlyArray<number> | undefined;
  items?: ReadonlyArray<Readonly<{
    product_id: number;
    quantity: number;
  }>> | undefined;
  total_amount?: number | undefined;
  currency?: string | undefined;
  payment_method?: string | undefined;
}>;

export type OrderList = Readonly<{
  data: ReadonlyArray<Order>;
  next_cursor: string | null;
}>;

export type OrderPreview = Readonly<{
  user_id: number;
  items: ReadonlyArray<Readonly<{
    product_id: number;
    title: string;
    quantity: number;
    unit_price: number;
    line_total: number;
    /** Of a converted line: the rate it was converted at. */
    fx_rate?: number | undefined;
    /** Pieces that are left now; null: they are not counted. */
    stock: number | null;
  }>>;
  total_amount: number;
  currency: string;
  /** Units of `currency` for one of the products’; null when none was needed, or several. */
  fx_rate: number | null;
  fx_source: string | null;
  /** For when the rate holds; of several the oldest. */
  fx_as_of: string | null;
  /** What the order would be charged to; null: it would wait until it is paid. */
  payment_method: string | null;
}>;

export type OrderRequest = Readonly<{
  user_id?: number | undefined;
  products?: ReadonlyArray<number> | undefined;
  items?: ReadonlyArray<Readonly<{
    product_id: number;
    quantity: number;
  }>> | undefined;
  total_amount?: number | undefined;
  currency?: string | undefined;
  payment_method?: string | undefined;
}>;

export type Parts = Readonly<{
  workers: ReadonlyArray<Readonly<{
    /** null: of a release that does not tell. */
    version: string | null;
    host: string | null;
    pid: number | null;
    queues: ReadonlyArray<string>;
    running: ReadonlyArray<Readonly<{
      id: string;
      kind: string;
      queue: string;
      since: string;
    }>>;
  }>> | null;
  breakers: ReadonlyArray<Readonly<{
    upstream: string;
    queue: string;
    /** Closed: calls are made; open: one a second tries; resting: none is made, as the upstream has asked. */
    state: 'closed' | 'open' | 'resting';
    /** In a row, of the last minute. */
    failures: number;
    /** When a rest ends. */
    until: string | null;
  }>> | null;
  groups: ReadonlyArray<Readonly<{
    stream: string;
    name: string;
    consumers: number;
    /** Delivered, and not acknowledged yet. */
    pending: number;
    /** Not delivered yet; null where Redis cannot tell. */
    lag: number | null;
  }>> | null;
}>;

export type PasswordByLink = Readonly<{
  token: string;
  password: string;
}>;

export type PasswordChange = Readonly<{
  current: string;
  new: string;
}>;

export type PasswordReset = Readonly<{
  email: string;
}>;

export type PayRequest = Readonly<{
  payment_method?: string | undefined;
}>;

export type Payment = Readonly<{
  id: string;
  order_id: string;
  /** `unknown`: the gateway was asked and its answer was lost; what it did is being found out. */
  status: 'processing' | 'succeeded' | 'failed' | 'requires_action' | 'unknown' | 'canceled';
  method: string;
  amount: number;
  currency: string;
  gateway: string;
  gateway_reference: string | null;
  failure_code: string | null;
  failure_detail: string | null;
  /** For the owner alone, while the status is requires_action: what the gateway’s form needs. */
  client_secret?: string | undefined;
  created_at: string;
  settled_at: string | null;
  /** How often the gateway was asked about it. */
  calls: number;
  /** When the gateway was last asked to charge. */
  last_call_at: string | null;
  /** When it is looked at again; null: the gateway has said how it ended. */
  review_at: string | null;
}>;

export type PaymentList = Readonly<{
  data: ReadonlyArray<Payment>;
  next_cursor: string | null;
}>;

export type PaymentsQueue = Readonly<{
  status: 'running' | 'paused';
  /** Charges and refunds that wait; null while Redis is away. */
  waiting: number | null;
  active: number | null;
  /** Those that have failed for the moment and wait for another attempt. */
  delayed: number | null;
}>;

export type Peers = Readonly<{
  symbol: string;
  data: ReadonlyArray<string>;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type PeersHistory = Readonly<{
  symbol: string;
  from: string;
  to: string;
  data: ReadonlyArray<Readonly<{
    data: ReadonlyArray<string>;
    /** When it was observed, RFC 3339. */
    as_of: string;
    source: string;
  }>>;
  next_cursor: string | null;
}>;

export type Pending = Readonly<{
  job_id: string;
  state: 'waiting';
}>;

export type Problem = Readonly<{
  /** The page about this code: cause and remedy. */
  type: string;
  title: string;
  status: number;
  detail: string;
  code: 'not_found' | 'method_not_allowed' | 'unauthenticated' | 'bad_credentials' | 'forbidden' | 'insufficient_scope' | 'too_many_keys' | 'fresh_login_required' | 'second_factor_required' | 'bad_code' | 'second_factor_missing' | 'second_factor_active' | 'second_factor_inactive' | 'link_not_good' | 'malformed_request' | 'request_timeout' | 'head_too_large' | 'ambiguous_host' | 'foreign_host' | 'foreign_origin' | 'too_many_requests' | 'too_large' | 'unsupported_media_type' | 'malformed_json' | 'invalid' | 'unknown_product' | 'total_mismatch' | 'watchlist_over_budget' | 'currency_required' | 'currency_unavailable' | 'amount_not_chargeable' | 'fx_rate_unavailable' | 'out_of_stock' | 'idempotency_key_reused' | 'idempotency_key_in_use' | 'payment_in_progress' | 'payment_method_required' | 'order_closed' | 'refund_too_large' | 'bad_signature' | 'email_taken' | 'job_not_failed' | 'job_moved' | 'last_administrator' | 'too_many_webhooks' | 'too_many_alerts' | 'above_max_total' | 'unknown_symbol' | 'market_busy' | 'upstream_unavailable' | 'provider_plan_required' | 'not_configured' | 'overloaded' | 'unavailable' | 'internal';
  request_id: string;
  /** Where traces are kept. */
  trace_id?: string | undefined;
  errors?: ReadonlyArray<Readonly<{
    /** RFC 6901 pointer into the body, or the name of a parameter. */
    pointer: string;
    detail: string;
  }>> | undefined;
  /** Of `watchlist_over_budget`: the shortest cadence for which there is room. */
  fits_every_seconds?: number | undefined;
}>;

export type ProblemKind = Readonly<{
  code: string;
  status: number;
  title: string;
  cause: string;
  remedy: string;
}>;

export type ProblemKindList = Readonly<{
  data: ReadonlyArray<ProblemKind>;
  next_cursor: string | null;
}>;

export type Product = Readonly<{
  id: number;
  title: string;
  price: number;
  currency: string;
  description: string | null;
  category: string | null;
  image: string | null;
  rating: Readonly<{
    rate: number;
    count: number;
  }> | null;
  /** Pieces that can be ordered; null: not counted. */
  stock: number | null;
  /** `local`, or the feed it comes from. */
  source: string;
  /** The feed's own id. */
  external_id: string | null;
  created_at: string;
  updated_at: string;
}>;

export type ProductChange = Readonly<{
  title?: string | undefined;
  /** In major units, with no more decimals than the currency. */
  price?: number | undefined;
  currency?: string | undefined;
  description?: string | null | undefined;
  category?: string | null | undefined;
  image?: string | null | undefined;
  /** null: not counted. */
  stock?: number | null | undefined;
}>;

export type ProductList = Readonly<{
  data: ReadonlyArray<Product>;
  next_cursor: string | null;
}>;

export type Queue = Readonly<{
  name: string;
  summary: string;
  /** unknown: Redis is away. */
  status: 'running' | 'paused' | 'limited' | 'unknown';
  /** Until then the queue rests for its rate limit. */
  limited_until: string | null;
  /** Why it rests, in words. */
  limited_because: string | null;
  waiting: number | null;
  active: number | null;
  /** Those that wait for another attempt, or for their schedule. */
  delayed: number | null;
  /** Of the last day. */
  completed: number | null;
  /** Of the last day, for good. */
  failed: number | null;
  /** Processes that work this queue. */
  workers: number | null;
  /** Of the job that has waited longest, which need not be the next. */
  oldest_waiting_seconds: number | null;
  shares: QueueShares;
  at_once: QueueAtOnce;
}>;

/** null where there is no such limit, or Redis is away. */
export type QueueAtOnce = Readonly<{
  /** So many jobs of a tenant are under way at once. */
  most: number;
  /** Tenants some of whose jobs are held, twenty at most. */
  held: ReadonlyArray<Readonly<{
    tenant: string;
    under_way: number;
    /** Those that wait for one of these to end; they count as delayed. */
    held: number;
  }>>;
}> | null;

export type QueueHistory = Readonly<{
  queue: string;
  by: 'minute' | 'hour';
  from: string;
  to: string;
  total: Readonly<{
    done: number;
    /** For good. */
    failed: number;
    /** Seconds from when a job was due until it had ended: half of them took no longer. null: none ended. */
    p50: number | null;
    /** The same of 95 in a hundred. */
    p95: number | null;
    /** The same of 99 in a hundred. */
    p99: number | null;
  }>;
  data: ReadonlyArray<Readonly<{
    /** Its beginning. */
    at: string;
    done: number;
    /** For good. */
    failed: number;
    /** Seconds from when a job was due until it had ended: half of them took no longer. null: none ended. */
    p50: number | null;
    /** The same of 95 in a hundred. */
    p95: number | null;
    /** The same of 99 in a hundred. */
    p99: number | null;
  }>>;
}>;

export type QueueList = Readonly<{
  data: ReadonlyArray<Queue>;
  outbox: Readonly<{
    waiting: number | null;
    oldest_seconds: number | null;
  }>;
  streams: ReadonlyArray<Readonly<{
    name: string;
    length: number | null;
    /** Of who follows it here; null when nobody does. */
    lag_seconds: number | null;
  }>>;
  next_cursor: string | null;
}>;

/** null where queues are not shared, or Redis is away. */
export type QueueShares = Readonly<{
  /** How many wait. None does where hardly anything waits. */
  tenants: number;
  /** Those that wait longest, of a lane twenty at most. */
  largest: ReadonlyArray<Readonly<{
    /** user:ID, key:ID, address:HASH, or platform for nobody’s. */
    tenant: string;
    /** Where lanes are shared; they come one after another, and have turns. */
    lane: string | null;
    /** How many of its jobs come in a round. */
    weight: number;
    /** How many of its jobs wait, to within a round. */
    waiting: number;
    /** So many jobs begin before the last of them at most, unless tenants come who do not wait yet; in a lane, so many that call. */
    most_before: number;
  }>>;
}> | null;

export type Quote = Readonly<{
  symbol: string;
  c: number;
  d: number | null;
  dp: number | null;
  h: number | null;
  l: number | null;
  o: number | null;
  pc: number | null;
  t: number;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type QuoteHistory = Readonly<{
  symbol: string;
  from: string;
  to: string;
  data: ReadonlyArray<Readonly<{
    c: number;
    d: number | null;
    dp: number | null;
    h: number | null;
    l: number | null;
    o: number | null;
    pc: number | null;
    t: number;
    /** When it was observed, RFC 3339. */
    as_of: string;
    source: string;
  }>>;
  next_cursor: string | null;
}>;

export type Quotes = Readonly<{
  data: ReadonlyArray<Quote>;
  missing: ReadonlyArray<string>;
}>;

export type Ready = Readonly<{
  status: 'ready';
}>;

export type Recommendations = Readonly<{
  symbol: string;
  data: ReadonlyArray<Readonly<{
    buy: number;
    hold: number;
    period: string;
    sell: number;
    strongBuy: number;
    strongSell: number;
    symbol: string;
  }>>;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type RecommendationsHistory = Readonly<{
  symbol: string;
  from: string;
  to: string;
  data: ReadonlyArray<Readonly<{
    data: ReadonlyArray<Readonly<{
      buy: number;
      hold: number;
      period: string;
      sell: number;
      strongBuy: number;
      strongSell: number;
      symbol: string;
    }>>;
    /** When it was observed, RFC 3339. */
    as_of: string;
    source: string;
  }>>;
  next_cursor: string | null;
}>;

export type RecoveryCodes = Readonly<{
  recovery_codes: ReadonlyArray<string>;
}>;

export type Refund = Readonly<{
  id: string;
  order_id: string;
  payment_id: string;
  /** `unknown`: the gateway was asked and its answer was lost; what it did is being found out. */
  status: 'processing' | 'succeeded' | 'failed' | 'unknown';
  amount: number;
  currency: string;
  reason: string | null;
  gateway_reference: string | null;
  failure_code: string | null;
  failure_detail: string | null;
  created_at: string;
  settled_at: string | null;
  /** How often the gateway was asked about it. */
  calls: number;
  last_call_at: string | null;
  /** When it is looked at again; null: the gateway has said how it ended. */
  review_at: string | null;
}>;

export type RefundList = Readonly<{
  data: ReadonlyArray<Refund>;
  next_cursor: string | null;
}>;

export type RefundRequest = Readonly<{
  /** Default: all that is left. */
  amount?: number | undefined;
  /** Kept with the refund, for people. */
  reason?: string | undefined;
}>;

export type Registration = Readonly<{
  email: string;
  password: string;
  name: string;
}>;

export type Replay = Readonly<{
  dry_run: boolean;
  /** Not replayed yet, before this request. */
  matching: number;
  data: ReadonlyArray<Readonly<{
    id: string;
    kind: string;
    job_id: string | null;
  }>>;
}>;

export type ReplayRequest = Readonly<{
  ids?: ReadonlyArray<string> | undefined;
  kind?: string | undefined;
  /** Only those that gave up before. */
  before?: string | undefined;
  /** Only says which would be replayed. */
  dry_run?: boolean | undefined;
  limit?: number | undefined;
}>;

export type Search = Readonly<{
  q: string;
  count: number;
  data: ReadonlyArray<Readonly<{
    symbol: string;
    description: string;
    display_symbol: string;
    type: string;
  }>>;
  /** When it was observed, RFC 3339. */
  as_of: string;
  source: string;
  /** Older than its time; a fetch is under way. */
  stale: boolean;
}>;

export type SecondFactor = Readonly<{
  is_active: boolean;
  confirmed_at: string | null;
  recovery_codes_left: number;
}>;

export type SecondFactorBegin = Readonly<{
  password: string;
}>;

export type SecondFactorCode = Readonly<{
  code: string;
}>;

export type SecondFactorEnd = Readonly<{
  password: string;
  code: string;
}>;

export type SecondFactorEnrolment = Readonly<{
  secret: string;
  /** To be shown as a QR code. */
  uri: string;
}>;

/** Is placed when the alert fires first, unless it costs more than its `max_total` then. */
export type StandingOrderRequest = Readonly<{
  products?: ReadonlyArray<number> | undefined;
  items?: ReadonlyArray<Readonly<{
    product_id: number;
    quantity: number;
  }>> | undefined;
  currency?: string | undefined;
  payment_method?: string | undefined;
  /** It is not placed when it would cost more. */
  max_total: number;
}>;

export type Status = Readonly<{
  at: string;
  /** Away: nothing can be ordered or looked up. */
  mysql: 'up' | 'away';
  /** Away: orders are taken, and all else waits. */
  redis: 'up' | 'away';
  /** As the last fetches have found their provider. Slow: one is under way for long; away: the last one had no answer; resting: it wants a rest; unmanned: no worker is there; off: there is no key. */
  prices: 'up' | 'slow' | 'away' | 'resting' | 'unmanned' | 'off' | 'unknown';
  /** Who charges. Paused: an administrator has stopped it; unmanned: no worker is there. */
  charges: 'up' | 'paused' | 'unmanned' | 'unknown';
  /** As the last charges have found it. Slow: one is under way for long; away: the last one had no answer. */
  gateway: 'up' | 'slow' | 'away' | 'unknown';
  /** Where shares trade: as the provider says, else by the calendar. Coins trade always. */
  exchanges: 'open' | 'closed' | 'unknown';
}>;

export type Timeline = Readonly<{
  data: ReadonlyArray<Readonly<{
    at: string;
    type: 'status';
    subject: 'order' | 'payment' | 'refund' | 'dispute';
    id: string;
    from: string | null;
    to: string;
    reason: string | null;
  }> | Readonly<{
    at: string;
    type: 'gateway_call';
    operation: 'charge' | 'look_up' | 'cancel' | 'refund' | 'webhook';
    subject_id: string;
    /** Null: nobody heard how it ended. */
    ended_at: string | null;
    outcome: string | null;
    detail: string | null;
  }> | Readonly<{
    at: string;
    type: 'event';
    id: string;
    event: string;
    version: number;
    /** Of what caused it, where traces are kept. */
    trace_id?: string | undefined;
  }>>;
  next_cursor: string | null;
}>;

export type Token = Readonly<{
  id: string;
  created_at: string;
  expires_at: string;
  is_current: boolean;
  /** Whether a second factor was shown. */
  is_two_factor: boolean;
  /** What the browser or program called itself. */
  device: string | null;
  /** From where it logged in. */
  address: string | null;
}>;

export type TokenList = Readonly<{
  data: ReadonlyArray<Token>;
  next_cursor: string | null;
}>;

export type User = Readonly<{
  id: number;
  email: string;
  name: string;
  role: 'user' | 'operator' | 'admin';
  created_at: string;
  email_confirmed_at: string | null;
}>;

export type UserChange = Readonly<{
  email?: string | undefined;
  name?: string | undefined;
  /** For administrators. A lesser one ends the keys of the account. */
  role?: 'user' | 'operator' | 'admin' | undefined;
  /** For administrators, of someone else's account, whose logins and keys it ends; one's own: POST /auth/password. */
  password?: string | undefined;
  /** Needed to change one's own e-mail. */
  current_password?: string | undefined;
}>;

export type UserList = Readonly<{
  data: ReadonlyArray<User>;
  next_cursor: string | null;
}>;

export type WatchRequest = Readonly<{
  /** Default: as it is now; of a new symbol a minute, or longer when the plan has no room for that. */
  every_seconds?: number | undefined;
}>;

export type WatchedSymbol = Readonly<{
  symbol: string;
  kind: 'stock' | 'crypto';
  every_seconds: number;
  /** A share of a closed market is polled once in a quarter of an hour at the most; coins trade always. Unknown: Redis is away. */
  market: 'open' | 'closed' | 'always' | 'unknown';
  /** When it is polled next; null without a key. */
  next_run_at: string | null;
  last_polled_at: string | null;
  /** The administrator; null: WATCHLIST named it, or an alert. */
  added_by: number | null;
  /** It is polled for alerts alone, as long as there are any. */
  for_alerts: boolean;
  created_at: string;
}>;

export type Watchlist = Readonly<{
  data: ReadonlyArray<WatchedSymbol>;
  polling: Readonly<{
    window_ms: number;
    /** A window, when every market is open. */
    calls: number;
    /** The rest of the plan is for people. */
    most_calls: number;
  }>;
  next_cursor: string | null;
}>;

export type Webhook = Readonly<{
  id: string;
  user_id: number;
  url: string;
  description: string | null;
  scope: 'own' | 'all';
  /** Event types that are sent; empty: all. */
  types: ReadonlyArray<string>;
  /** Symbols of which market data are sent; empty: all. */
  symbols: ReadonlyArray<string>;
  status: 'active' | 'paused';
  /** Why it was paused, where nobody has asked for that. */
  notice: string | null;
  paused_at: string | null;
  /** Rounds in a row in which the endpoint took nothing. */
  failures: number;
  /** Nothing is sent before, after a failure. */
  next_try_at: string | null;
  last_success_at: string | null;
  /** The secret before, and the one before that if it still did, sign as well until then. */
  previous_secret_until: string | null;
  created_at: string;
}>;

export type WebhookChange = Readonly<{
  /** An https address of the public internet, to which events are posted. */
  url?: string | undefined;
  description?: string | null | undefined;
  /** Event types, as /asyncapi.json lists them. None: all. */
  types?: ReadonlyArray<string> | undefined;
  /** Symbols of which market data are sent, as /streams/market takes them: `LTC` is the share and the coin. None: all. */
  symbols?: ReadonlyArray<string> | undefined;
  /** `active` goes on where it stopped; what came meanwhile has waited. */
  status?: 'active' | 'paused' | undefined;
  /** Makes a new secret, shown in the answer; the one before, and what signed beside it, sign as well for 24 hours. */
  rotate_secret?: true | undefined;
}>;

export type WebhookDelivery = Readonly<{
  /** Also the `webhook-id` of each try. */
  event_id: string;
  type: string;
  subject: string;
  /** `expired`: it was no longer in the log when its turn came, as market data are after a week. */
  state: 'waiting' | 'retrying' | 'delivered' | 'expired';
  attempts: number;
  response_status: number | null;
  /** Why there was no answer. */
  error: string | null;
  took_ms: number | null;
  created_at: string;
  next_try_at: string | null;
  ended_at: string | null;
}>;

export type WebhookDeliveryList = Readonly<{
  data: ReadonlyArray<WebhookDelivery>;
  next_cursor: string | null;
}>;

export type WebhookList = Readonly<{
  data: ReadonlyArray<Webhook>;
  next_cursor: string | null;
}>;

export type WebhookReplayRequest = Readonly<{
  event_id?: string | undefined;
  from?: string | undefined;
  /** Default: the last that has happened. A day is counted whole. */
  to?: string | undefined;
}>;

export type WebhookRequest = Readonly<{
  /** An https address of the public internet, to which events are posted. */
  url: string;
  /** `own`: what happens to one's own orders, and what is public; `all`: everything, for administrators. */
  scope?: 'own' | 'all' | undefined;
  description?: string | null | undefined;
  /** Event types, as /asyncapi.json lists them. None: all. */
  types?: ReadonlyArray<string> | undefined;
  /** Symbols of which market data are sent, as /streams/market takes them: `LTC` is the share and the coin. None: all. */
  symbols?: ReadonlyArray<string> | undefined;
}>;

/** Every operation: what it takes, and what it answers. */
export type Operations = {
  /** Begins a second factor: a secret for an app that makes codes (TOTP). */
  beginSecondFactor: {
    input: Readonly<{
      body: SecondFactorBegin;
    }>;
    answer: SecondFactorEnrolment;
  };
  /** Cancels an order that is neither paid nor being charged, and gives its stock back; again: the same answer. */
  cancelOrder: {
    input: Readonly<{
      id: string;
    }>;
    answer: Order;
  };
  /** Changes the items or the payment method of an order that is neither paid nor being charged. */
  changeOrder: {
    input: Readonly<{
      id: string;
      body: OrderChangeRequest;
    }>;
    answer: Order;
  };
  /** Changes one's password, and ends every other login of the account and the links for a new one. */
  changePassword: {
    input: Readonly<{
      body: PasswordChange;
    }>;
    answer: undefined;
  };
  /** Changes fields of a product. Of a feed’s product they stand until the feed says something else than now. */
  changeProduct: {
    input: Readonly<{
      id: number;
      body: ProductChange;
    }>;
    answer: Product;
  };
  /** Changes fields of one's own account; roles, and others' accounts, are for administrators. */
  changeUser: {
    input: Readonly<{
      id: number;
      body: UserChange;
    }>;
    answer: User;
  };
  /** Changes a webhook, pauses it or lets it go on, or gives it a new secret. */
  changeWebhook: {
    input: Readonly<{
      id: string;
      body: WebhookChange;
    }>;
    answer: ChangedWebhook;
  };
  /** Makes the second factor the account's, by a first code, and ends all other logins. */
  confirmSecondFactor: {
    input: Readonly<{
      body: SecondFactorCode;
    }>;
    answer: RecoveryCodes;
  };
  /** Tells you when a price moves as you wish, and places an order then if you want that. */
  createAlert: {
    input: Readonly<{
      body: AlertRequest;
    }>;
    answer: NewAlert;
  };
  /** Makes an API key, with which a program acts for you within its scopes. */
  createKey: {
    input: Readonly<{
      body: ApiKeyRequest;
    }>;
    answer: NewApiKey;
  };
  /** Adds a product. */
  createProduct: {
    input: Readonly<{
      body: NewProduct;
    }>;
    answer: Product;
  };
  /** Opens an account for someone else, with any role. */
  createUser: {
    input: Readonly<{
      body: NewUser;
    }>;
    answer: User;
  };
  /** Has events posted to an address from now on; the answer has the secret that verifies them, this once. */
  createWebhook: {
    input: Readonly<{
      body: WebhookRequest;
    }>;
    answer: NewWebhook;
  };
  /** Forgets an alert and its firings. An order that it has placed stands; one that it has not placed yet is not placed. */
  deleteAlert: {
    input: Readonly<{
      id: string;
    }>;
    answer: undefined;
  };
  /** Cancels an order that is neither paid nor being charged, and gives its stock back; again: the same answer. */
  deleteOrder: {
    input: Readonly<{
      id: string;
    }>;
    answer: Order;
  };
  /** Takes a product away; orders that hold it stand, and no sync brings it back. */
  deleteProduct: {
    input: Readonly<{
      id: number;
    }>;
    answer: undefined;
  };
  /** Deletes one's own account, or as administrator anyone's. Orders stay, without personal data. */
  deleteUser: {
    input: Readonly<{
      id: number;
    }>;
    answer: undefined;
  };
  /** Ends a webhook: nothing more is sent to it. Alerts that name it tell each webhook that takes `alert.fired` from then on. */
  deleteWebhook: {
    input: Readonly<{
      id: string;
    }>;
    answer: undefined;
  };
  /** Ends one of one's own API keys, and within seconds the streams that it has opened. */
  endKey: {
    input: Readonly<{
      id: string;
    }>;
    answer: undefined;
  };
  /** Ends one's own second factor, and its recovery codes. */
  endSecondFactor: {
    input: Readonly<{
      body: SecondFactorEnd;
    }>;
    answer: undefined;
  };
  /** Ends somebody else's second factor, for who has lost phone and recovery codes, and all their logins. */
  endSecondFactorOfUser: {
    input: Readonly<{
      id: number;
    }>;
    answer: undefined;
  };
  /** Confirms an address with the token of a link. */
  finishConfirmation: {
    input: Readonly<{
      body: Confirmation;
    }>;
    answer: undefined;
  };
  /** Sets the password with the token of a link, and ends all logins and keys of the account. */
  finishPasswordReset: {
    input: Readonly<{
      body: PasswordByLink;
    }>;
    answer: undefined;
  };
  /** One's own alerts, newest first, with what they last told. */
  listAlerts: {
    input: Readonly<{
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
      /** Of this symbol alone. */
      symbol?: string | undefined;
    }> | undefined;
    answer: AlertList;
  };
  /** Who has changed what, or tried to, and from where, newest first. */
  listAudit: {
    input: Readonly<{
      /** A user’s id, or e-mail. */
      actor?: number | string | undefined;
      action?: string | undefined;
      subject?: string | undefined;
      from?: string | undefined;
      /** A day is counted whole. */
      to?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: AuditList;
  };
  /** Jobs that gave up, newest first, each with its reason. */
  listDeadLetters: {
    input: Readonly<{
      kind?: string | undefined;
      replayed?: boolean | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: DeadLetterList;
  };
  /** The durable log of all events, oldest first: what a lost stream is restored from. */
  listEvents: {
    input: Readonly<{
      /** The id of the last event that is known. */
      after?: string | undefined;
      subject?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: EventList;
  };
  /** The catalogue of background work: what there is, what it takes, how it is retried. */
  listJobKinds: {
    input: Readonly<{
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: JobKindList;
  };
  /** One's own API keys that have not expired, newest first; never the keys themselves. */
  listKeys: {
    input: Readonly<{
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: ApiKeyList;
  };
  /** One's own orders, newest first; an administrator sees all. */
  listOrders: {
    input: Readonly<{
      status?: 'pending' | 'paid' | 'payment_failed' | 'cancelled' | 'partially_refunded' | 'refunded' | undefined;
      /** Whose; of others than oneself for administrators. */
      user_id?: number | undefined;
      currency?: string | undefined;
      /** Placed then or later. */
      from?: string | undefined;
      /** Placed then or earlier; a day is counted whole. */
      to?: string | undefined;
      /** The smallest total, in major units of `currency`, else of each order’s own. */
      min?: number | undefined;
      /** The largest total, in major units of `currency`, else of each order’s own. */
      max?: number | undefined;
      /** An order’s id, or at least its first 8 characters, or its customer’s whole e-mail. */
      q?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: OrderList;
  };
  /** The payments of one's own orders, newest first; an administrator sees all. */
  listPayments: {
    input: Readonly<{
      status?: 'processing' | 'succeeded' | 'failed' | 'requires_action' | 'unknown' | 'canceled' | undefined;
      order_id?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: PaymentList;
  };
  /** What can be ordered, by id; searched by words and category. */
  listProducts: {
    input: Readonly<{
      /** Words that occur in title or category. */
      q?: string | undefined;
      /** Exactly this one. */
      category?: string | undefined;
      /** Reads the feed first, unless that has been done within a minute, and waits for it up to 10 s. */
      sync?: boolean | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: ProductList;
  };
  /** How every queue is: depth, oldest waiting, outcomes, workers, paused or limited until; and what lags. */
  listQueues: {
    input: Readonly<{
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: QueueList;
  };
  /** What was given back, or is to be, of every order, newest first. */
  listRefunds: {
    input: Readonly<{
      status?: 'processing' | 'succeeded' | 'failed' | 'unknown' | undefined;
      order_id?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: RefundList;
  };
  /** One's own logins that have not expired, newest first; never the tokens themselves. */
  listTokens: {
    input: Readonly<{
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: TokenList;
  };
  /** Everyone with an account, oldest first. */
  listUsers: {
    input: Readonly<{
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
      role?: 'user' | 'operator' | 'admin' | undefined;
      email?: string | undefined;
    }> | undefined;
    answer: UserList;
  };
  /** What is polled without anybody asking, and how often. */
  listWatchlist: {
    input: Readonly<{
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: Watchlist;
  };
  /** What was sent to a webhook, or waits for it, the newest event first; kept for a week after it was taken. */
  listWebhookDeliveries: {
    input: Readonly<{
      id: string;
      state?: 'waiting' | 'retrying' | 'delivered' | 'expired' | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }>;
    answer: WebhookDeliveryList;
  };
  /** One's own webhooks, newest first; an administrator sees all. */
  listWebhooks: {
    input: Readonly<{
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: WebhookList;
  };
  /** Exchanges e-mail and password, and a code where the account has a second factor, for a token, and sets the session cookie. */
  login: {
    input: Readonly<{
      body: Readonly<{
        email: string;
        password: string;
        code?: string | undefined;
      }>;
    }>;
    answer: Readonly<{
      access_token: string;
      token_type: 'bearer';
      expires_in: number;
    }>;
  };
  /** Ends the login that the request came with, and takes the session cookie back. */
  logout: {
    input: undefined;
    answer: undefined;
  };
  /** Who the token belongs to. */
  me: {
    input: undefined;
    answer: User;
  };
  /** Pays an order that waits for it, or whose last payment has failed. */
  payOrder: {
    input: Readonly<{
      id: string;
      body?: PayRequest | undefined;
    }>;
    answer: Order;
  };
  /** Says that the API is there; touches nothing. */
  ping: {
    input: undefined;
    answer: Readonly<{
      status: 'ok';
    }>;
  };
  /** Places an order; once answered it is durable, and its payment is under way. */
  placeOrder: {
    input: Readonly<{
      body: OrderRequest;
    }>;
    answer: Order;
  };
  /** What an order would cost now, and what is left of its products; nothing is written. */
  previewOrder: {
    input: Readonly<{
      body: OrderRequest;
    }>;
    answer: OrderPreview;
  };
  /** One alert, how often its price is asked for, and its last firings. */
  readAlert: {
    input: Readonly<{
      id: string;
    }>;
    answer: Alert;
  };
  /** Bars of a symbol, made of its stored prices. */
  readBars: {
    input: Readonly<{
      symbol: string;
      interval?: '1m' | '5m' | '15m' | '1h' | '1d' | undefined;
      from?: string | undefined;
      to?: string | undefined;
    }>;
    answer: Bars;
  };
  /** What has been used of the provider’s plan, for whom, and what waits. */
  readBudget: {
    input: undefined;
    answer: Budget;
  };
  /** How many calls of the provider’s plan each lane has used, minute by minute or hour by hour. */
  readBudgetHistory: {
    input: Readonly<{
      /** Of the last hour by the minute, or of the last day by the hour. */
      by?: 'minute' | 'hour' | undefined;
    }> | undefined;
    answer: BudgetHistory;
  };
  /** A company’s profile in the provider’s own keys. */
  readCompany: {
    input: Readonly<{
      symbol: string;
    }>;
    answer: Company;
  };
  /** Of which time every trade of a symbol is stored, and where there are holes. */
  readCompleteness: {
    input: Readonly<{
      symbol: string;
      from?: string | undefined;
      to?: string | undefined;
    }>;
    answer: Completeness;
  };
  /** A coin’s price at an exchange, in the provider’s own keys. */
  readCrypto: {
    input: Readonly<{
      symbol: string;
    }>;
    answer: Crypto;
  };
  /** What was observed over time: a crypto price. */
  readCryptoHistory: {
    input: Readonly<{
      symbol: string;
      from?: string | undefined;
      to?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }>;
    answer: CryptoHistory;
  };
  /** When a company tells its earnings, with what is expected and what it was. */
  readEarnings: {
    input: Readonly<{
      symbol: string;
    }>;
    answer: Earnings;
  };
  /** What was observed over time: the earnings calendar of a company. */
  readEarningsHistory: {
    input: Readonly<{
      symbol: string;
      from?: string | undefined;
      to?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }>;
    answer: EarningsHistory;
  };
  /** Exchange rates: units of each currency for one of the base. */
  readForex: {
    input: Readonly<{
      base: string;
    }>;
    answer: Forex;
  };
  /** What was observed over time: the exchange rates of a currency. */
  readForexHistory: {
    input: Readonly<{
      base: string;
      from?: string | undefined;
      to?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }>;
    answer: ForexHistory;
  };
  /** How a job goes, for whoever holds its id, for a day. */
  readJob: {
    input: Readonly<{
      id: string;
    }>;
    answer: Job;
  };
  /** One of one's own API keys. */
  readKey: {
    input: Readonly<{
      id: string;
    }>;
    answer: ApiKey;
  };
  /** The news of a symbol, newest first. */
  readNews: {
    input: Readonly<{
      symbol: string;
      from?: string | undefined;
      to?: string | undefined;
    }>;
    answer: News;
  };
  /** One order with its lines and its last payment. */
  readOrder: {
    input: Readonly<{
      id: string;
    }>;
    answer: Order;
  };
  /** Everything that happened to an order: states, attempts, talks with the gateway, events; in time order. */
  readOrderTimeline: {
    input: Readonly<{
      id: string;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }>;
    answer: Timeline;
  };
  /** Who works and at what, the breaker of each upstream, and who follows the streams in groups. */
  readParts: {
    input: undefined;
    answer: Parts;
  };
  /** One payment. */
  readPayment: {
    input: Readonly<{
      id: string;
    }>;
    answer: Payment;
  };
  /** The companies of the same country and industry, in the provider’s order, mostly with the company itself. */
  readPeers: {
    input: Readonly<{
      symbol: string;
    }>;
    answer: Peers;
  };
  /** What was observed over time: the peers of a company. */
  readPeersHistory: {
    input: Readonly<{
      symbol: string;
      from?: string | undefined;
      to?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }>;
    answer: PeersHistory;
  };
  /** One product. */
  readProduct: {
    input: Readonly<{
      id: number;
    }>;
    answer: Product;
  };
  /** What ended in a queue, and how long it took, minute by minute or hour by hour. */
  readQueueHistory: {
    input: Readonly<{
      name: string;
      by?: 'minute' | 'hour' | undefined;
      /** Default: an hour ago; by the hour, a day ago. */
      from?: string | undefined;
      /** Default: now. A day is counted whole. */
      to?: string | undefined;
    }>;
    answer: QueueHistory;
  };
  /** A stock or crypto price in the provider’s own keys. */
  readQuote: {
    input: Readonly<{
      symbol: string;
    }>;
    answer: Quote;
  };
  /** What was observed over time: a stock quote. */
  readQuoteHistory: {
    input: Readonly<{
      symbol: string;
      from?: string | undefined;
      to?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }>;
    answer: QuoteHistory;
  };
  /** The stored prices of up to 50 symbols, without asking the provider. */
  readQuotes: {
    input: Readonly<{
      /** Separated by commas. */
      symbols: string;
    }>;
    answer: Quotes;
  };
  /** How many analysts recommend what for a share, month by month, newest first. */
  readRecommendations: {
    input: Readonly<{
      symbol: string;
    }>;
    answer: Recommendations;
  };
  /** What was observed over time: the analysts’ recommendations for a share. */
  readRecommendationsHistory: {
    input: Readonly<{
      symbol: string;
      from?: string | undefined;
      to?: string | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }>;
    answer: RecommendationsHistory;
  };
  /** Whether one has a second factor, and how many recovery codes are left. */
  readSecondFactor: {
    input: undefined;
    answer: SecondFactor;
  };
  /** One of one's own logins. */
  readToken: {
    input: Readonly<{
      id: string;
    }>;
    answer: Token;
  };
  /** One's own account; an administrator sees everyone's. */
  readUser: {
    input: Readonly<{
      id: number;
    }>;
    answer: User;
  };
  /** One webhook, and how it goes. */
  readWebhook: {
    input: Readonly<{
      id: string;
    }>;
    answer: Webhook;
  };
  /** Takes the events of the payment gateway of this name; their signature is their login. */
  receiveGatewayWebhook: {
    input: Readonly<{
      gateway: string;
      body: Readonly<Record<string, unknown>>;
    }>;
    answer: Readonly<{
      received: true;
    }>;
  };
  /** Takes Stripe’s events; their signature is their login. */
  receivePaymentWebhook: {
    input: Readonly<{
      body: Readonly<Record<string, unknown>>;
    }>;
    answer: Readonly<{
      received: true;
    }>;
  };
  /** Gives the whole payment back, or a part of what is left of it. */
  refundOrder: {
    input: Readonly<{
      id: string;
      body?: RefundRequest | undefined;
    }>;
    answer: Order;
  };
  /** Opens an account for a customer. */
  register: {
    input: Readonly<{
      body: Registration;
    }>;
    answer: User;
  };
  /** Queues dead jobs again, the oldest first, each once ever, at most `limit` at a time. */
  replayDeadLetters: {
    input: Readonly<{
      body?: ReplayRequest | undefined;
    }> | undefined;
    answer: Replay;
  };
  /** Sends once more one event, or all that a webhook is told of a time, with the ids they had. */
  replayWebhook: {
    input: Readonly<{
      id: string;
      body: WebhookReplayRequest;
    }>;
    answer: Job;
  };
  /** Mails a link to one's own address, with which to confirm it. */
  requestConfirmation: {
    input: undefined;
    answer: MailAsked;
  };
  /** Mails a link for a new password to an address, if somebody here has it. */
  requestPasswordReset: {
    input: Readonly<{
      body: PasswordReset;
    }>;
    answer: MailAsked;
  };
  /** Gives a job that has failed for good all its attempts again. */
  retryJob: {
    input: Readonly<{
      id: string;
    }>;
    answer: Job;
  };
  /** Ends all of one's own logins, the one of this request included. */
  revokeAllTokens: {
    input: undefined;
    answer: undefined;
  };
  /** Ends one of one's own logins. */
  revokeToken: {
    input: Readonly<{
      id: string;
    }>;
    answer: undefined;
  };
  /** Makes a key that takes over from another one, which ends a while later. */
  rotateKey: {
    input: Readonly<{
      id: string;
      body?: ApiKeyRotation | undefined;
    }>;
    answer: NewApiKey;
  };
  /** Jobs of the last day, newest first: by kind, by state, by what they are about. */
  searchJobs: {
    input: Readonly<{
      kind?: string | undefined;
      /** An order, a payment, a refund, a symbol: whatever stands in the payload; or the id of a job. */
      key?: string | undefined;
      state?: 'waiting' | 'active' | 'delayed' | 'completed' | 'failed' | undefined;
      /** The `next_cursor` of the page before. */
      cursor?: string | undefined;
      limit?: number | undefined;
    }> | undefined;
    answer: JobList;
  };
  /** The symbols that fit some words, best first. */
  searchSymbols: {
    input: Readonly<{
      q: string;
    }>;
    answer: Search;
  };
  /** Whether payments are being processed. Changes nothing: starting is a POST. */
  showPaymentsQueue: {
    input: undefined;
    answer: PaymentsQueue;
  };
  /** Goes on with charges and refunds after a stop. */
  startPayments: {
    input: undefined;
    answer: PaymentsQueue;
  };
  /** Stops charging and refunding until told otherwise, over restarts and a lost Redis. Orders are still taken. */
  stopPayments: {
    input: undefined;
    answer: PaymentsQueue;
  };
  /** Polls a symbol no longer, or for alerts alone. What is stored of it stays. */
  stopWatchingSymbol: {
    input: Readonly<{
      symbol: string;
    }>;
    answer: undefined;
  };
  /** Reads the product feed now, or joins the reading under way. */
  syncProducts: {
    input: undefined;
    answer: Job;
  };
  /** Sends a webhook an event of the type `webhook.test` now; the job's result says what was answered. */
  testWebhook: {
    input: Readonly<{
      id: string;
    }>;
    answer: Job;
  };
  /** Polls a symbol from now on, or more or less often than before. */
  watchSymbol: {
    input: Readonly<{
      symbol: string;
      body?: WatchRequest | undefined;
    }>;
    answer: WatchedSymbol;
  };
};

/** How each is asked, and whether a repeated request is known by its Idempotency-Key. */
export const operations = {
  beginSecondFactor: { method: 'POST', path: '/auth/mfa', isKeyed: false },
  cancelOrder: { method: 'POST', path: '/orders/{id}/cancel', isKeyed: true },
  changeOrder: { method: 'PATCH', path: '/orders/{id}', isKeyed: true },
  changePassword: { method: 'POST', path: '/auth/password', isKeyed: false },
  changeProduct: { method: 'PATCH', path: '/products/{id}', isKeyed: false },
  changeUser: { method: 'PATCH', path: '/users/{id}', isKeyed: false },
  changeWebhook: { method: 'PATCH', path: '/webhooks/{id}', isKeyed: false },
  confirmSecondFactor: { method: 'POST', path: '/auth/mfa/confirm', isKeyed: false },
  createAlert: { method: 'POST', path: '/market/alerts', isKeyed: true },
  createKey: { method: 'POST', path: '/auth/keys', isKeyed: false },
  createProduct: { method: 'POST', path: '/products', isKeyed: true },
  createUser: { method: 'POST', path: '/users', isKeyed: true },
  createWebhook: { method: 'POST', path: '/webhooks', isKeyed: true },
  deleteAlert: { method: 'DELETE', path: '/market/alerts/{id}', isKeyed: false },
  deleteOrder: { method: 'DELETE', path: '/orders/{id}', isKeyed: true },
  deleteProduct: { method: 'DELETE', path: '/products/{id}', isKeyed: false },
  deleteUser: { method: 'DELETE', path: '/users/{id}', isKeyed: false },
  deleteWebhook: { method: 'DELETE', path: '/webhooks/{id}', isKeyed: false },
  endKey: { method: 'DELETE', path: '/auth/keys/{id}', isKeyed: false },
  endSecondFactor: { method: 'POST', path: '/auth/mfa/end', isKeyed: false },
  endSecondFactorOfUser: { method: 'DELETE', path: '/users/{id}/mfa', isKeyed: false },
  finishConfirmation: { method: 'POST', path: '/auth/confirm/finish', isKeyed: false },
  finishPasswordReset: { method: 'POST', path: '/auth/reset/finish', isKeyed: false },
  listAlerts: { method: 'GET', path: '/market/alerts', isKeyed: false },
  listAudit: { method: 'GET', path: '/audit', isKeyed: false },
  listDeadLetters: { method: 'GET', path: '/dead-letters', isKeyed: false },
  listEvents: { method: 'GET', path: '/events', isKeyed: false },
  listJobKinds: { method: 'GET', path: '/jobs/kinds', isKeyed: false },
  listKeys: { method: 'GET', path: '/auth/keys', isKeyed: false },
  listOrders: { method: 'GET', path: '/orders', isKeyed: false },
  listPayments: { method: 'GET', path: '/payments', isKeyed: false },
  listProducts: { method: 'GET', path: '/products', isKeyed: false },
  listQueues: { method: 'GET', path: '/queues', isKeyed: false },
  listRefunds: { method: 'GET', path: '/refunds', isKeyed: false },
  listTokens: { method: 'GET', path: '/auth/tokens', isKeyed: false },
  listUsers: { method: 'GET', path: '/users', isKeyed: false },
  listWatchlist: { method: 'GET', path: '/market/watchlist', isKeyed: false },
  listWebhookDeliveries: { method: 'GET', path: '/webhooks/{id}/deliveries', isKeyed: false },
  listWebhooks: { method: 'GET', path: '/webhooks', isKeyed: false },
  login: { method: 'POST', path: '/auth/login', isKeyed: false },
  logout: { method: 'POST', path: '/auth/logout', isKeyed: false },
  me: { method: 'GET', path: '/auth/me', isKeyed: false },
  payOrder: { method: 'POST', path: '/orders/{id}/pay', isKeyed: true },
  ping: { method: 'GET', path: '/auth/ping', isKeyed: false },
  placeOrder: { method: 'POST', path: '/orders', isKeyed: true },
  previewOrder: { method: 'POST', path: '/orders/preview', isKeyed: false },
  readAlert: { method: 'GET', path: '/market/alerts/{id}', isKeyed: false },
  readBars: { method: 'GET', path: '/market/bars', isKeyed: false },
  readBudget: { method: 'GET', path: '/market/budget', isKeyed: false },
  readBudgetHistory: { method: 'GET', path: '/market/budget/history', isKeyed: false },
  readCompany: { method: 'GET', path: '/market/company', isKeyed: false },
  readCompleteness: { method: 'GET', path: '/market/completeness', isKeyed: false },
  readCrypto: { method: 'GET', path: '/market/crypto', isKeyed: false },
  readCryptoHistory: { method: 'GET', path: '/market/crypto/history', isKeyed: false },
  readEarnings: { method: 'GET', path: '/market/earnings', isKeyed: false },
  readEarningsHistory: { method: 'GET', path: '/market/earnings/history', isKeyed: false },
  readForex: { method: 'GET', path: '/market/forex', isKeyed: false },
  readForexHistory: { method: 'GET', path: '/market/forex/history', isKeyed: false },
  readJob: { method: 'GET', path: '/jobs/{id}', isKeyed: false },
  readKey: { method: 'GET', path: '/auth/keys/{id}', isKeyed: false },
  readNews: { method: 'GET', path: '/market/news', isKeyed: false },
  readOrder: { method: 'GET', path: '/orders/{id}', isKeyed: false },
  readOrderTimeline: { method: 'GET', path: '/orders/{id}/timeline', isKeyed: false },
  readParts: { method: 'GET', path: '/ops/parts', isKeyed: false },
  readPayment: { method: 'GET', path: '/payments/{id}', isKeyed: false },
  readPeers: { method: 'GET', path: '/market/peers', isKeyed: false },
  readPeersHistory: { method: 'GET', path: '/market/peers/history', isKeyed: false },
  readProduct: { method: 'GET', path: '/products/{id}', isKeyed: false },
  readQueueHistory: { method: 'GET', path: '/queues/{name}/history', isKeyed: false },
  readQuote: { method: 'GET', path: '/market/quote', isKeyed: false },
  readQuoteHistory: { method: 'GET', path: '/market/quote/history', isKeyed: false },
  readQuotes: { method: 'GET', path: '/market/quotes', isKeyed: false },
  readRecommendations: { method: 'GET', path: '/market/recommendations', isKeyed: false },
  readRecommendationsHistory: { method: 'GET', path: '/market/recommendations/history', isKeyed: false },
  readSecondFactor: { method: 'GET', path: '/auth/mfa', isKeyed: false },
  readToken: { method: 'GET', path: '/auth/tokens/{id}', isKeyed: false },
  readUser: { method: 'GET', path: '/users/{id}', isKeyed: false },
  readWebhook: { method: 'GET', path: '/webhooks/{id}', isKeyed: false },
  receiveGatewayWebhook: { method: 'POST', path: '/payments/webhook/{gateway}', isKeyed: false },
  receivePaymentWebhook: { method: 'POST', path: '/payments/webhook', isKeyed: false },
  refundOrder: { method: 'POST', path: '/orders/{id}/refund', isKeyed: true },
  register: { method: 'POST', path: '/auth/register', isKeyed: false },
  replayDeadLetters: { method: 'POST', path: '/dead-letters/replay', isKeyed: true },
  replayWebhook: { method: 'POST', path: '/webhooks/{id}/replay', isKeyed: true },
  requestConfirmation: { method: 'POST', path: '/auth/confirm', isKeyed: false },
  requestPasswordReset: { method: 'POST', path: '/auth/reset', isKeyed: false },
  retryJob: { method: 'POST', path: '/jobs/{id}/retry', isKeyed: false },
  revokeAllTokens: { method: 'DELETE', path: '/auth/tokens', isKeyed: false },
  revokeToken: { method: 'DELETE', path: '/auth/tokens/{id}', isKeyed: false },
  rotateKey: { method: 'POST', path: '/auth/keys/{id}/rotate', isKeyed: false },
  searchJobs: { method: 'GET', path: '/jobs', isKeyed: false },
  searchSymbols: { method: 'GET', path: '/market/search', isKeyed: false },
  showPaymentsQueue: { method: 'GET', path: '/payments/start', isKeyed: false },
  startPayments: { method: 'POST', path: '/payments/start', isKeyed: false },
  stopPayments: { method: 'POST', path: '/payments/stop', isKeyed: false },
  stopWatchingSymbol: { method: 'DELETE', path: '/market/watchlist/{symbol}', isKeyed: false },
  syncProducts: { method: 'POST', path: '/products/sync', isKeyed: true },
  testWebhook: { method: 'POST', path: '/webhooks/{id}/test', isKeyed: true },
  watchSymbol: { method: 'PUT', path: '/market/watchlist/{symbol}', isKeyed: false },
} as const;
