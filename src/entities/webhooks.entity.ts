import { defineEntity, p } from '@mikro-orm/mysql';

/** Whose events an endpoint is told: its owner's and what is public, or everybody's. */
export const webhookScopes = ['own', 'all'] as const;
/** What becomes of a delivery; `waiting` has not been tried, `retrying` has, and `expired` is no longer in the log. */
export const deliveryStates = ['waiting', 'retrying', 'delivered', 'expired'] as const;

/**
 * Where somebody wants to be told of events. No foreign key: an endpoint and its deliveries are deleted in batches, after
 * their owner.
 */
export const WebhookEndpoint = defineEntity({
  name: 'WebhookEndpoint',
  tableName: 'webhook_endpoints',
  indexes: [
    /** One's own, newest first: `GET /webhooks`. */
    { properties: ['userId', 'id'] },
    /** Those that something is to be done for: every worker looks for them. */
    { properties: ['wakeAt'] },
    /** Those that have stood still for long: the job `prune-webhooks`. */
    { properties: ['pausedAt'] },
    /** Those that are to be deleted: the job `prune-webhooks`. */
    { properties: ['deletedAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    userId: p.integer().unsigned(),
    scope: p.enum(webhookScopes),
    url: p.string().length(2000),
    description: p.string().length(200).nullable(),
    /** JSON text: a list of event types; empty: all. */
    types: p.string().length(3000),
    /** JSON text: the symbols of which market data are told; empty: all. */
    symbols: p.string().length(3000),
    /** Events after this position in the log are told. */
    since: p.bigint('number').unsigned().default(0),
    /** What deliveries are signed with; it must be known to sign, so that it is stored as it is. */
    secret: p.string().length(100).hidden(),
    /** The secret before, and the one before that if it still counted, without `whsec_`: both sign as well until `previousUntil`. */
    previousSecret: p.string().length(100).nullable().hidden(),
    previousUntil: p.datetime(3).nullable(),
    status: p.enum(['active', 'paused'] as const).default('active'),
    /** Why the platform has paused it. */
    notice: p.string().length(300).nullable(),
    pausedAt: p.datetime(3).nullable(),
    /** Rounds in a row that brought nothing but failures. */
    failures: p.integer().unsigned().default(0),
    /** Nothing is tried before, after a failure. */
    retryAt: p.datetime(3).nullable(),
    succeededAt: p.datetime(3).nullable(),
    /** When somebody must look at it next; of one that a process works for, when that process has lost it. */
    wakeAt: p.datetime(3).nullable(),
    /** The token of the process that works for it. */
    claim: p.uuid().nullable(),
    /** Something came while a process worked for it. */
    again: p.boolean().default(false),
    createdAt: p.datetime(3),
    deletedAt: p.datetime(3).nullable(),
  },
});

/** An event that an endpoint is to be told of, and what became of it. Of one subject, the earlier position goes first. */
export const WebhookDelivery = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  indexes: [
    /** What an endpoint still has to be told, in order: the job `deliver-webhooks`. */
    { properties: ['endpoint', 'state', 'position'] },
    /** What was over long ago: the job `prune-webhooks`. */
    { properties: ['endedAt'] },
  ],
  properties: {
    endpoint: p.uuid().primary(),
    /** The event's position in the log. */
    position: p.bigint('number').unsigned().primary(),
    eventId: p.uuid(),
    type: p.string().length(100),
    subject: p.string().length(100),
    state: p.enum(deliveryStates).default('waiting'),
    attempts: p.integer().unsigned().default(0),
    responseStatus: p.smallint().unsigned().nullable(),
    error: p.string().length(200).nullable(),
    tookMs: p.integer().unsigned().nullable(),
    /** When it failed first, since its endpoint was last resumed. */
    failingSince: p.datetime(3).nullable(),
    /** When it is tried next, after a failure. */
    dueAt: p.datetime(3).nullable(),
    createdAt: p.datetime(3),
    /** When it was delivered, or found to be no longer in the log. */
    endedAt: p.datetime(3).nullable(),
  },
});

/** How far of the log deliveries have been written down, one row. */
export const WebhookCursor = defineEntity({
  name: 'WebhookCursor',
  tableName: 'webhook_cursor',
  properties: {
    /** Always 1. */
    id: p.integer().unsigned().primary().autoincrement(false),
    position: p.bigint('number').unsigned(),
  },
});
