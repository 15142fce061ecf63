import type { JobContext } from '../context.ts';
import { keepLetter } from './keep-letter.ts';

/** What a line of the gateway's books is beside ours. */
export type Verdict = 'same' | 'settled' | 'differs' | 'not_ours';

/** What is told to people when the books differ: about which object of the gateway, and whose job could look at it again. */
export type Difference = Readonly<{
  reference: string;
  kind: string;
  payload: Readonly<Record<string, string | undefined>>;
  what: string;
}>;

/** A line that was compared, and what there is to tell should it differ. */
export type Compared = Readonly<{ verdict: Verdict; difference: Difference }>;

/** Leaves a difference for people, as a dead letter: one for each object of the gateway, however often it is found. */
export async function reportDifference(
  { transaction, now }: JobContext,
  foundBy: string,
  { reference, kind, payload, what }: Difference,
): Promise<void> {
  const letter = {
    kind,
    jobId: `differs-${reference}`,
    payload,
    reason: `${foundBy}: ${what}`,
    attempts: 0,
    diedAt: now(),
  };
  await transaction((tx) => keepLetter(tx, letter));
}
