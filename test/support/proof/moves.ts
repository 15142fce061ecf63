/** Where each thing may go, written down a second time: a table that judges itself finds nothing. The empty one is its beginning. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  order: [
    ' pending',
    'pending paid',
    'pending payment_failed',
    'pending cancelled',
    'payment_failed pending',
    'payment_failed cancelled',
    'paid partially_refunded',
    'paid refunded',
    'partially_refunded partially_refunded',
    'partially_refunded refunded',
    'partially_refunded paid',
    'refunded partially_refunded',
    'refunded paid',
  ],
  payment: [
    ' processing',
    'processing succeeded',
    'processing failed',
    'processing requires_action',
    'processing unknown',
    'processing canceled',
    'requires_action succeeded',
    'requires_action failed',
    'requires_action canceled',
    'unknown succeeded',
    'unknown failed',
    'unknown canceled',
  ],
};

/** Whether an order or a payment may go from one status to another; of other things nothing is said. */
export function isMoveAllowed(subject: string, from: string | null, to: string): boolean {
  return allowed[subject]?.includes(`${from ?? ''} ${to}`) ?? true;
}
