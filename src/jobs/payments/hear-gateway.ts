import type { JobContext } from '../../context.ts';
import { Payment, Refund } from '../../entities/payments.entity.ts';
import type { PaymentGateway } from '../../gateways/payments/payment-gateway.ts';
import { selectRow } from '../../mysql/rows.ts';
import type { RestOf } from '../../payments/rests.ts';
import { unlessCut } from '../../process/deadline.ts';
import { openOwnClock } from '../../process/own-clock.ts';
import { Misconfigured, NotExecuted, OutcomeUnknown, RateLimited, TooManyCalls, Undecided } from '../../errors.ts';

/** What is written down when the gateway was not heard, before the job is tried again. */
type Silence = Readonly<{
  unknown(detail: string): Promise<unknown>;
  notExecuted(detail: string): Promise<unknown>;
}>;

type Hearing = Readonly<{ gateway: Pick<PaymentGateway, 'name' | 'outage'>; restOf: RestOf; signal: AbortSignal }>;

/**
 * Runs one conversation with the payment gateway and tells the breaker how it went. An attempt that is cut off has not heard the
 * answer, which is nobody's fault; and while this process stood still, it was not the gateway that was silent.
 * @throws RateLimited in an outage and when the gateway is called too often, so that the queue rests and
 * keeps its order, or the job steps aside; otherwise what the gateway's port throws.
 */
export async function hearGateway<T>(
  { gateway, restOf, signal }: Hearing,
  converse: () => Promise<T>,
  silence: Silence,
): Promise<T> {
  const { name, outage } = gateway;
  const clock = openOwnClock();
  try {
    const outcome = await unlessCut(signal, converse).catch((error: unknown) => {
      if (!signal.aborted || error !== signal.reason) throw error;
      throw new OutcomeUnknown('the attempt was cut off before the gateway answered', { cause: error });
    });
    await outage.heard();
    return outcome;
  } catch (error) {
    const hasStoodStill = clock.stoodMs() > 0;
    if (error instanceof OutcomeUnknown) await silence.unknown(error.message);
    else if (error instanceof NotExecuted || error instanceof Misconfigured) await silence.notExecuted(error.message);
    else throw error;
    if (signal.aborted) throw error;
    if (error instanceof Undecided) {
      await outage.heard();
      throw error;
    }
    if (hasStoodStill) throw error;
    if (error instanceof TooManyCalls) {
      await outage.limited(error.waitMs);
      throw await restOf(name, new RateLimited(error.waitMs, { cause: error }));
    }
    const restMs = await outage.missed();
    throw restMs === undefined ? error : await restOf(name, new RateLimited(restMs, { cause: error }));
  } finally {
    clock.close();
  }
}

type Asked = Readonly<{ gateway?: string | undefined }> & Readonly<{ payment_id: string } | { refund_id: string }>;

/**
 * Lets a job begin to speak to the gateway of its payment. Of one that is not configured nothing is known here: whatever
 * begins the conversation refuses it.
 * @throws RateLimited or StepAside while that gateway rests.
 */
export async function admitTo({ em, payments }: Pick<JobContext, 'em' | 'payments'>, asked: Asked): Promise<void> {
  const name = asked.gateway ?? (await gatewayOf(em, asked)) ?? '';
  const gateway = payments.gateways.all.find((each) => each.name === name);
  await gateway?.outage.admit().catch(async (error: unknown) => {
    throw error instanceof RateLimited ? await payments.restOf(name, error) : error;
  });
}

async function gatewayOf(em: JobContext['em'], asked: Asked): Promise<string | undefined> {
  const refund = 'refund_id' in asked ? await selectRow(em, Refund, { id: asked.refund_id }) : undefined;
  const id = 'refund_id' in asked ? refund?.payment : asked.payment_id;
  return id === undefined ? undefined : (await selectRow(em, Payment, { id }))?.gateway;
}
