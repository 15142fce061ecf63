import { calls } from './measures.ts';
import { traced } from './traces.ts';

/** Calls somebody outside: a step of the trace, and measured. Neither names more than who was called for what. */
export async function calling<T>(
  { gateway, call }: Readonly<{ gateway: string; call: string }>,
  work: () => Promise<T>,
): Promise<T> {
  const beganMs = performance.now();
  const note = (outcome: string) =>
    calls.note({ gateway, call, outcome, seconds: (performance.now() - beganMs) / 1_000 });
  const attributes = { 'orderflow.gateway': gateway, 'orderflow.call': call };
  return traced({ name: `${gateway} ${call}`, kind: 'client', attributes }, async () => {
    try {
      const answer = await work();
      note(statusOf(answer) ?? 'answered');
      return answer;
    } catch (error) {
      note('no_answer');
      throw error;
    }
  });
}

/** What a payment gateway has decided; an HTTP status is a number, and no decision. */
function statusOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('status' in answer)) return undefined;
  return typeof answer.status === 'string' ? answer.status : undefined;
}
