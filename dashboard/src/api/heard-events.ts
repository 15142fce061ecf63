/** The events that are prices. */
export const priceEvents: readonly string[] = ['quote.updated', 'crypto.updated'];

/**
 * Whatever is announced of a symbol. Its prices, news and all else are counted together: only who hears all of them can tell that
 * nothing is missing.
 */
export const marketEvents: readonly string[] = [
  ...priceEvents,
  'company.updated',
  'earnings.updated',
  'forex.updated',
  'news.published',
  'peers.updated',
  'recommendations.updated',
];

/** Whatever is announced of an order. */
export const orderEvents: readonly string[] = [
  'order.created',
  'order.updated',
  'order.paid',
  'order.payment_failed',
  'order.payment_retried',
  'order.cancelled',
  'order.refunded',
  'order.refund_failed',
  'order.disputed',
];
