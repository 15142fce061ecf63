// Made of /asyncapi.json by `npm run docs`; a test fails when it is stale.

/** A price has moved as somebody wanted to be told, and the order that they wished for is placed, or refused. */
export type AlertFired = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'alert.fired';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    alert_id: string;
    user_id: number;
    symbol: string;
    condition: 'above' | 'below' | 'percent';
    threshold: number;
    firing: number;
    price: number;
    as_of: string;
    reference: number | null;
    change_percent: number | null;
    order: Readonly<{
      status: 'placed' | 'refused';
      order_id: string | null;
      code: string | null;
      detail: string | null;
    }> | null;
    webhook_id: string | null;
  }>;
}>;

/** A company’s profile has been fetched and stored. */
export type CompanyUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'company.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
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
  }>;
}>;

/** A crypto price has been fetched and stored. */
export type CryptoUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'crypto.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
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
  }>;
}>;

/** The earnings calendar of a company has been fetched and stored. */
export type EarningsUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'earnings.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
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
  }>;
}>;

/** The exchange rates of a currency has been fetched and stored. */
export type ForexUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'forex.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    base: string;
    quote: Readonly<Record<string, number>>;
    /** When it was observed, RFC 3339. */
    as_of: string;
    source: string;
  }>;
}>;

/** Articles about a symbol have been stored for the first time. */
export type NewsPublished = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'news.published';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    symbol: string;
    from: string;
    to: string;
    count: number;
    data: ReadonlyArray<Readonly<{
      id: number;
      datetime: number;
      headline: string;
    }>>;
    as_of: string;
    source: string;
  }>;
}>;

/** The order was cancelled before anything was paid. */
export type OrderCancelled = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.cancelled';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'cancelled';
    reason: 'requested' | 'expired';
  }>;
}>;

/** An order has been accepted and stored. */
export type OrderCreated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.created';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'pending';
    items: ReadonlyArray<Readonly<{
      product_id: number;
      quantity: number;
      unit_price: number;
    }>>;
  }>;
}>;

/** The buyer’s bank disputes the payment: once for each step that the gateway tells of. */
export type OrderDisputed = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.disputed';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'pending' | 'paid' | 'payment_failed' | 'cancelled' | 'partially_refunded' | 'refunded';
    dispute_id: string;
    happened: string;
    dispute_status: string;
    reason: string | null;
    amount: number;
  }>;
}>;

/** The order is paid. */
export type OrderPaid = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.paid';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'paid';
    payment_id: string;
  }>;
}>;

/** The payment was refused and nothing was charged. */
export type OrderPaymentFailed = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.payment_failed';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'payment_failed';
    payment_id: string;
    failure_code: string;
  }>;
}>;

/** A failed order is being paid again. */
export type OrderPaymentRetried = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.payment_retried';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'pending';
    payment_id: string;
  }>;
}>;

/** A refund has failed or was canceled, also one that had succeeded: the order is back where the others leave it. */
export type OrderRefundFailed = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.refund_failed';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'paid' | 'partially_refunded' | 'refunded';
    refund_id: string;
    amount: number;
    refunded_amount: number;
    failure_code: string;
  }>;
}>;

/** The payment was given back, whole or in part. */
export type OrderRefunded = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.refunded';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'partially_refunded' | 'refunded';
    refund_id: string;
    amount: number;
    refunded_amount: number;
  }>;
}>;

/** Items or payment method of an unpaid order have changed. */
export type OrderUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'order.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    order_id: string;
    user_id: number;
    total_amount: number;
    currency: string;
    status: 'pending' | 'payment_failed';
    items: ReadonlyArray<Readonly<{
      product_id: number;
      quantity: number;
      unit_price: number;
    }>>;
  }>;
}>;

/** The peers of a company has been fetched and stored. */
export type PeersUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'peers.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    symbol: string;
    data: ReadonlyArray<string>;
    /** When it was observed, RFC 3339. */
    as_of: string;
    source: string;
  }>;
}>;

/** A product has been added, by an administrator or from the feed. */
export type ProductCreated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'product.created';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    product_id: number;
    title: string;
    price: number;
    currency: string;
    category: string | null;
    image: string | null;
    source: string;
    external_id: string | null;
  }>;
}>;

/** A product has been removed by an administrator. */
export type ProductDeleted = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'product.deleted';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    product_id: number;
    source: string;
    external_id: string | null;
  }>;
}>;

/** The product feed has been read and stored. */
export type ProductSynced = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'product.synced';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    source: string;
    created: number;
    updated: number;
    unchanged: number;
    deleted: number;
  }>;
}>;

/** A product has changed, by an administrator or in the feed. */
export type ProductUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'product.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    product_id: number;
    title: string;
    price: number;
    currency: string;
    category: string | null;
    image: string | null;
    source: string;
    external_id: string | null;
    changed: ReadonlyArray<string>;
  }>;
}>;

/** A stock quote has been fetched and stored. */
export type QuoteUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'quote.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
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
  }>;
}>;

/** The analysts’ recommendations for a share has been fetched and stored. */
export type RecommendationsUpdated = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'recommendations.updated';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
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
  }>;
}>;

/** Somebody tries a webhook; nothing has happened. */
export type WebhookTest = Readonly<{
  /** The event’s own id; a repeat has the same. */
  id: string;
  type: 'webhook.test';
  /** The subject’s events are numbered 1, 2, 3 … without gaps. */
  version: number;
  /** Version of the data’s shape. */
  schema: 1;
  /** When it was decided. */
  time: string;
  /** What the event is about. */
  subject: string;
  data: Readonly<{
    webhook_id: string;
  }>;
}>;

/** What is announced on `alerts`. */
export type AlertsEvent =
  | AlertFired;

/** What is announced on `catalog`. */
export type CatalogEvent =
  | ProductCreated
  | ProductDeleted
  | ProductSynced
  | ProductUpdated;

/** What is announced on `market`. */
export type MarketEvent =
  | CompanyUpdated
  | CryptoUpdated
  | EarningsUpdated
  | ForexUpdated
  | NewsPublished
  | PeersUpdated
  | QuoteUpdated
  | RecommendationsUpdated;

/** What is announced on `orders`. */
export type OrdersEvent =
  | OrderCancelled
  | OrderCreated
  | OrderDisputed
  | OrderPaid
  | OrderPaymentFailed
  | OrderPaymentRetried
  | OrderRefundFailed
  | OrderRefunded
  | OrderUpdated;

/** What is announced on `webhooks`. */
export type WebhooksEvent =
  | AlertFired
  | CompanyUpdated
  | CryptoUpdated
  | EarningsUpdated
  | ForexUpdated
  | NewsPublished
  | OrderCancelled
  | OrderCreated
  | OrderDisputed
  | OrderPaid
  | OrderPaymentFailed
  | OrderPaymentRetried
  | OrderRefundFailed
  | OrderRefunded
  | OrderUpdated
  | PeersUpdated
  | ProductCreated
  | ProductDeleted
  | ProductSynced
  | ProductUpdated
  | QuoteUpdated
  | RecommendationsUpdated
  | WebhookTest;

/** Whatever is announced. */
export type AnyEvent = AlertsEvent | CatalogEvent | MarketEvent | OrdersEvent | WebhooksEvent;
