import { z } from 'zod';
import { type Answer, json } from '../answer.ts';
import type { Dashboard } from '../stripe/dashboard.ts';
import { Refusal } from '../stripe/stripe-error.ts';
import { parsed } from './parsed.ts';

const NewRefund = z.strictObject({ payment_intent: z.string().optional(), amount: z.int().positive().optional() });
const RefundMove = z.strictObject({
  status: z.enum(['pending', 'requires_action', 'succeeded', 'failed', 'canceled']),
});
const NewDispute = z.strictObject({ payment_intent: z.string().optional() });
const DisputeEnd = z.strictObject({ outcome: z.enum(['won', 'lost']) });

/** Does what people do at the gateway itself; undefined when that is not what was asked for. */
export async function answerOfDashboard(dashboard: Dashboard, what: string, body: string): Promise<Answer | undefined> {
  const [, noun, id = '', verb] = /^POST \/(refunds|disputes)(?:\/([^/]+)\/(move|close))?$/.exec(what) ?? [];
  switch (`${noun} ${verb}`) {
    case 'refunds undefined':
      return parsed(NewRefund, body, async (given) => json(201, await dashboard.refund(given))).catch(refusedByStripe);
    case 'refunds move':
      return parsed(RefundMove, body, async ({ status }) => {
        const moved = await dashboard.moveRefund(id, status);
        return moved ? json(200, moved) : json(409, { error: `The refund ${id} cannot become ${status}.` });
      });
    case 'disputes undefined':
      return parsed(NewDispute, body, async ({ payment_intent }) => {
        const opened = await dashboard.dispute(payment_intent);
        return opened ? json(201, opened) : json(404, { error: 'No such charge has taken money.' });
      });
    case 'disputes close':
      return parsed(DisputeEnd, body, async ({ outcome }) => {
        const closed = await dashboard.closeDispute(id, outcome);
        return closed ? json(200, closed) : json(409, { error: `The dispute ${id} is not open.` });
      });
    default:
      return undefined;
  }
}

function refusedByStripe(error: unknown): Answer {
  if (error instanceof Refusal) return error.answer;
  throw error;
}
