const watchlist = 'AAPL,MSFT,GOOGL,AMZN,NVDA,TSLA,META,BINANCE:BTCUSDT';

/**
 * Which upstreams the sandbox stands in for, where it serves them, and what the processes are told. An upstream counts
 * as set when its key or its address is; in production nothing is sandboxed. The sandbox is given six free ports.
 */
export function chooseUpstreams({ isProduction, value, isNamed }, freePorts) {
  if (isProduction) return { sandbox: {}, ports: undefined, env: {}, names: namesOf({}, value) };
  const [finnhub, stripe, products, rates, mail, control] = freePorts;
  const ports = { finnhub, stripe, products, rates, mail, control };
  const at = (port, path = '') => `http://127.0.0.1:${port}${path}`;
  const sandbox = {};
  const env = {};

  if (!value('FINNHUB_API_KEY') && !value('FINNHUB_BASE_URL')) {
    sandbox.finnhub = at(finnhub, '/api/v1');
    env.FINNHUB_API_KEY = 'sandbox-free';
    env.FINNHUB_BASE_URL = sandbox.finnhub;
    if (!value('FINNHUB_WS_URL')) env.FINNHUB_WS_URL = `ws://127.0.0.1:${finnhub}`;
    if (!isNamed('WATCHLIST')) env.WATCHLIST = watchlist;
  }
  if (!value('STRIPE_SECRET_KEY') && !value('STRIPE_API_BASE')) {
    sandbox.stripe = at(stripe);
    env.STRIPE_SECRET_KEY = 'sk_test_sandbox';
    env.STRIPE_WEBHOOK_SECRET = value('STRIPE_WEBHOOK_SECRET') ?? 'whsec_sandbox';
    env.STRIPE_API_BASE = sandbox.stripe;
    if (!value('PAYMENT_DEFAULT_METHOD')) env.PAYMENT_DEFAULT_METHOD = 'pm_card_visa';
  }
  if (!value('PUBLIC_PRODUCT_API')) {
    sandbox.products = at(products, '/products');
    env.PUBLIC_PRODUCT_API = sandbox.products;
  }
  if (!value('FINNHUB_API_KEY') && !value('FOREX_FALLBACK_URL')) {
    sandbox.rates = at(rates, '/eurofxref-daily.xml');
    env.FOREX_FALLBACK_URL = sandbox.rates;
  }
  if (!value('SMTP_URL')) {
    sandbox.mail = `smtp://127.0.0.1:${mail}`;
    env.SMTP_URL = sandbox.mail;
  }
  Object.assign(env, placeholderKeys(value));
  const isNeeded = Object.keys(sandbox).length > 0;
  if (isNeeded) sandbox.control = at(control);
  if (isNeeded) env.SANDBOX_CONTROL_URL = sandbox.control;
  return { sandbox, ports: isNeeded ? ports : undefined, env: withoutFiles(env), names: namesOf(sandbox, value) };
}

/** A file that is named for a secret would win over it, empty as it is. */
function withoutFiles(env) {
  const files = Object.keys(env).filter((name) => /_(KEY|SECRET)$|^SMTP_URL$/.test(name));
  return { ...env, ...Object.fromEntries(files.map((name) => [`${name}_FILE`, ''])) };
}

/** Who names an address on this machine and no key talks to a stand-in of their own, which takes any key. */
function placeholderKeys(value) {
  const isLocal = (address) => /^https?:\/\/(127\.|localhost|\[::1\])/.test(address ?? '');
  const env = {};
  if (isLocal(value('FINNHUB_BASE_URL')) && !value('FINNHUB_API_KEY')) env.FINNHUB_API_KEY = 'sandbox-free';
  if (isLocal(value('STRIPE_API_BASE')) && !value('STRIPE_SECRET_KEY')) env.STRIPE_SECRET_KEY = 'sk_test_sandbox';
  if (isLocal(value('STRIPE_API_BASE')) && !value('STRIPE_WEBHOOK_SECRET')) env.STRIPE_WEBHOOK_SECRET = 'whsec_sandbox';
  return env;
}

/** Each upstream with what answers for it, for the table of the start. */
function namesOf(sandbox, value) {
  const say = (url, real) => (url ? `sandbox  ${url}` : (real ?? 'off'));
  const finnhub = value('FINNHUB_API_KEY') && `real     ${value('FINNHUB_BASE_URL') ?? 'https://finnhub.io/api/v1'}`;
  const stripe = `real     ${value('STRIPE_API_BASE') ?? 'https://api.stripe.com'}`;
  const isInstant = value('PAYMENT_GATEWAY') === 'instant';
  return {
    Finnhub: say(sandbox.finnhub, finnhub ?? (value('FINNHUB_BASE_URL') && `real     ${value('FINNHUB_BASE_URL')}`)),
    Payments: isInstant ? 'instant  every charge succeeds, nobody is asked' : say(sandbox.stripe, stripe),
    'Product feed': say(sandbox.products, value('PUBLIC_PRODUCT_API') && `real     ${value('PUBLIC_PRODUCT_API')}`),
    Mails: say(sandbox.mail, value('SMTP_URL') && 'real'),
    'Reference rates': say(
      sandbox.rates,
      value('FINNHUB_API_KEY') && `real     ${value('FOREX_FALLBACK_URL') ?? 'ECB'}`,
    ),
  };
}
