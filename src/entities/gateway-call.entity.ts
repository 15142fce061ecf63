import { defineEntity, p } from '@mikro-orm/mysql';

/** What was said to the gateway or heard from it. */
export const gatewayOperations = ['charge', 'look_up', 'cancel', 'refund', 'webhook'] as const;
export type GatewayOperation = (typeof gatewayOperations)[number];

/** One conversation with the gateway. Written before it begins; without `endedAt` nobody heard how it ended. */
export const GatewayCall = defineEntity({
  name: 'GatewayCall',
  tableName: 'gateway_calls',
  properties: {
    id: p.uuid().primary(),
    // No foreign key: its check would lock the order, which whoever settles has locked first.
    order: p.uuid().fieldName('order_id').index(),
    /** The payment, refund or dispute it was about. */
    subjectId: p.uuid(),
    operation: p.enum(gatewayOperations),
    startedAt: p.datetime(3),
    endedAt: p.datetime(3).nullable(),
    outcome: p.string().length(60).nullable(),
    detail: p.string().length(500).nullable(),
    /** Of a webhook that is taken once: the gateway's own id of the event. */
    eventId: p.string().length(255).nullable(),
  },
});
