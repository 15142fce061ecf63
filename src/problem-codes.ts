import { accountProblems } from './account-problems.ts';
import { requestProblems } from './request-problems.ts';

/** One kind of unsuccessful answer; `remedy` tells the caller what to do about it. */
type ProblemKind = Readonly<{
  status: 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 422 | 429 | 431 | 500 | 503;
  title: string;
  cause: string;
  remedy: string;
}>;

/** The closed set of problem codes; each has its page at `/problems/{code}`. */
export const problemCodes = {
  not_found: {
    status: 404,
    title: 'Not found',
    cause: 'No such path, or no such object that you may see.',
    remedy: 'Check the address against /docs, and that you are logged in as its owner.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    cause: 'The path exists, but not with this method.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  unauthenticated: {
    status: 401,
    title: 'Log in first',
    cause: 'No token came with the request, or it has expired or been revoked.',
    remedy: 'POST /auth/login and send `Authorization: Bearer …`, or the cookie that login sets.',
  },
  bad_credentials: {
    status: 401,
    title: 'Wrong e-mail or password',
    cause: 'No account has this pair of e-mail and password.',
    remedy: 'Check both and try again.',
  },
  forbidden: {
    status: 403,
    title: 'Not for you',
    cause: 'The route, or the object you named, is for another role or another user.',
    remedy: 'Log in with an account that may, or leave out what names someone else.',
  },
  ...accountProblems,
  ...requestProblems,
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    cause:
      'Your user, or your address as long as you are not logged in, has sent more requests than the limits allow, ' +
      'your user or key has too many under way at once, or ten wrong passwords were sent for one account.',
    remedy:
      'Wait for the time in Retry-After, and for the answers to what is under way; RateLimit says on every answer how many ' +
      'are left.',
  },
  too_large: {
    status: 413,
    title: 'Body too large',
    cause: 'A body may have 64 KiB.',
    remedy: 'Send less at once.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Not plain JSON',
    cause: 'A body came with another content type than application/json, or packed.',
    remedy: 'Send `Content-Type: application/json`, and no `Content-Encoding`.',
  },
  malformed_json: {
    status: 400,
    title: 'Malformed JSON',
    cause: 'The body is not JSON in UTF-8, or is nested deeper than 32 levels.',
    remedy: 'Send one JSON object.',
  },
  invalid: {
    status: 422,
    title: 'Invalid request',
    cause: 'A field or parameter does not fit its schema; `errors` names each.',
    remedy: 'Correct the fields named in `errors`; /docs has the schema.',
  },
  unknown_product: {
    status: 422,
    title: 'Unknown product',
    cause: 'An order names a product that does not exist; `errors` points to it.',
    remedy: 'Read GET /products for the ids that exist.',
  },
  total_mismatch: {
    status: 422,
    title: 'The total differs',
    cause: 'The `total_amount` sent is not the sum of the prices here.',
    remedy: 'Show the right total, named in `detail`, to the buyer and send that, or leave the field out.',
  },
  watchlist_over_budget: {
    status: 422,
    title: 'Polled too often',
    cause: 'Polling all watched symbols this often would take calls of the plan that are kept for people.',
    remedy: 'Send `every_seconds` of at least `fits_every_seconds`, or poll other symbols less often first.',
  },
  currency_required: {
    status: 422,
    title: 'Name a currency',
    cause: 'The products are priced in different currencies, and the order names none.',
    remedy: 'Send `currency`: everything is converted to it at the stored rate.',
  },
  currency_unavailable: {
    status: 422,
    title: 'No rate for the currency',
    cause: 'No source of exchange rates has one between the products’ currency and the one asked for.',
    remedy: 'Order in the currency of the products, or in one that `GET /market/forex` lists.',
  },
  amount_not_chargeable: {
    status: 422,
    title: 'An amount that can never be charged',
    cause:
      'The payment gateway does not take such an amount of the currency: it is less than its smallest charge, ' +
      'more than its largest, or finer than its unit.',
    remedy: 'Name an amount within the limits that the detail names, or order other quantities or in another currency.',
  },
  fx_rate_unavailable: {
    status: 503,
    title: 'No exchange rate',
    cause: 'No rate between the currencies is stored, or the last one is older than FX_MAX_AGE_SECONDS.',
    remedy: 'Order in the currency of the products, or again after the time in Retry-After.',
  },
  out_of_stock: {
    status: 409,
    title: 'Out of stock',
    cause: 'Fewer pieces are left than were ordered.',
    remedy: 'Order fewer, or without the product named in `errors`.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Key of another request',
    cause: 'The Idempotency-Key has come before, with another method, path or body.',
    remedy: 'Use a new key for a new request, and the old key only to repeat the old one.',
  },
  idempotency_key_in_use: {
    status: 409,
    title: 'Still at work',
    cause: 'The first request with this Idempotency-Key has not ended within five seconds.',
    remedy: 'Send the same request again after the time in Retry-After; it gets the first one’s answer.',
  },
  payment_in_progress: {
    status: 409,
    title: 'A payment is under way',
    cause: 'The gateway has been asked to charge this order, or waits for its buyer, and has not given its last word.',
    remedy: 'Wait until the order is paid or payment_failed; a payment is never left undecided.',
  },
  payment_method_required: {
    status: 422,
    title: 'Name a payment method',
    cause: 'No payment method was named, and this deployment has no default.',
    remedy: 'Send `payment_method`.',
  },
  order_closed: {
    status: 409,
    title: 'Too late for that',
    cause: 'The order’s status does not allow it: what is paid, cancelled or refunded stays so.',
    remedy: 'Read the order; its status and GET /orders/{id}/timeline say what has happened.',
  },
  refund_too_large: {
    status: 422,
    title: 'More than is left',
    cause: 'The refund is larger than what was paid and has not been refunded, or asked to be, yet.',
    remedy: 'Refund the amount named in `detail` or less, or leave `amount` out for all of it.',
  },
  bad_signature: {
    status: 400,
    title: 'Not from the gateway',
    cause:
      'The webhook’s signature is missing, too old, or not made with a secret that is known here, for Stripe STRIPE_WEBHOOK_SECRET.',
    remedy: 'Compare the secret with the one the gateway shows for this endpoint.',
  },
  email_taken: {
    status: 409,
    title: 'E-mail taken',
    cause: 'Another account has this e-mail address.',
    remedy: 'Log in to that account, or use another address.',
  },
  job_not_failed: {
    status: 409,
    title: 'The job has not failed',
    cause: 'Only a job that has failed for good can be tried again, and only once it has not been replayed.',
    remedy: 'Read GET /jobs/{id}; what waits or runs needs no retry.',
  },
  job_moved: {
    status: 409,
    title: 'Somebody was quicker',
    cause: 'The job or the queue is in another state than this change needs: a worker or another person was quicker.',
    remedy: 'Look at it again, and repeat what is still to be done.',
  },
  last_administrator: {
    status: 409,
    title: 'The last administrator',
    cause: 'Nobody could administer any more.',
    remedy: 'Make another account an administrator first.',
  },
  too_many_webhooks: {
    status: 409,
    title: 'Webhooks enough',
    cause: 'You have as many webhooks as one account may have.',
    remedy: 'Delete one that is not needed any more, or let one webhook be told of more types.',
  },
  too_many_alerts: {
    status: 409,
    title: 'Alerts enough',
    cause: 'You have as many alerts that can still fire as one account may have.',
    remedy: 'Delete one that is not needed any more, or wait until one has fired for the last time.',
  },
  above_max_total: {
    status: 409,
    title: 'Dearer than allowed',
    cause: 'The order that an alert carries would cost more, when it fired, than the most that was allowed.',
    remedy: 'Make a new alert with a larger max_total, or order what you want yourself.',
  },
  unknown_symbol: {
    status: 404,
    title: 'Unknown symbol',
    cause: 'The provider does not know this symbol.',
    remedy: 'Check its spelling; exchanges are written in front, as in BINANCE:BTCUSDT.',
  },
  market_busy: {
    status: 503,
    title: 'Too many symbols are waiting',
    cause: 'Five hundred fetches already wait for the provider.',
    remedy: 'Ask again after the time in Retry-After; symbols with a stored copy are answered at once.',
  },
  upstream_unavailable: {
    status: 503,
    title: 'The provider is away',
    cause: 'The provider did not answer properly, and no copy is stored.',
    remedy: 'Ask again after the time in Retry-After.',
  },
  provider_plan_required: {
    status: 503,
    title: 'Not part of the plan',
    cause:
      'The provider’s plan of this deployment does not include what was asked for, as it said within the last day.',
    remedy: 'Ask for something else; or whoever runs this pays the provider for more and sets the new FINNHUB_API_KEY.',
  },
  not_configured: {
    status: 503,
    title: 'Not configured',
    cause: 'This deployment has no key or address for what was asked.',
    remedy:
      'Whoever runs it sets FINNHUB_API_KEY for market data, STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET for payments, ' +
      'PUBLIC_PRODUCT_API for the product feed, and starts again.',
  },
  overloaded: {
    status: 503,
    title: 'Too busy',
    cause: 'More was asked for at once than can be done in time, so this was not begun.',
    remedy: 'Send the same request again after the time in Retry-After.',
  },
  unavailable: {
    status: 503,
    title: 'Out of service for the moment',
    cause: 'The database or the queue did not answer in time.',
    remedy: 'Ask again after the time in Retry-After; what was answered with success is kept.',
  },
  internal: {
    status: 500,
    title: 'A fault of ours',
    cause: 'Something happened that should not.',
    remedy: 'Report the request_id.',
  },
} as const satisfies Record<string, ProblemKind>;

/** The `code` of a problem. */
export type ProblemCode = keyof typeof problemCodes;

/** Every code, in the order in which people see them. */
export const allProblemCodes = Object.keys(problemCodes).filter(isProblemCode);

/** Whether a word is one of the codes. */
export function isProblemCode(word: string): word is ProblemCode {
  return Object.hasOwn(problemCodes, word);
}
