import type { ApiContext } from '../context.ts';
import { Problem } from '../errors.ts';
import type { Means } from './mint-payment.ts';

/** How an order is paid whose request names this method, or none; undefined: nobody has said it yet. */
export function meansOf(
  { config, gateways: { current: gateway } }: ApiContext,
  named: string | undefined,
): Means | undefined {
  const usual = config.PAYMENT_DEFAULT_METHOD ?? (gateway === 'instant' ? 'instant' : undefined);
  const method = named ?? usual;
  return method === undefined ? undefined : { method, gateway };
}

/** The same where it must be known. @throws Problem payment_method_required. */
export function requiredMeans(ctx: ApiContext, named: string | undefined): Means {
  const means = meansOf(ctx, named);
  if (means) return means;
  throw new Problem('payment_method_required', 'Name the payment method to charge.', {
    errors: [{ pointer: '/payment_method', detail: 'is needed, because this deployment has no default' }],
  });
}
