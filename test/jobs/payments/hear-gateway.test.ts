import { expect, test } from 'vitest';
import { OutcomeUnknown, TooManyCalls } from '../../../src/errors.ts';
import { hearGateway } from '../../../src/jobs/payments/hear-gateway.ts';
import { standStill } from '../../support/processes/stand-still.ts';
import { tireless } from '../../support/upstreams/tireless-outage.ts';

/** What is written down, and what the breaker is told, of a conversation that has no answer after this. */
async function toldAfter(meanwhile: () => Promise<void>, fault: Error = new OutcomeUnknown('no answer')) {
  const told: string[] = [];
  const missed = async () => {
    told.push('missed');
    return undefined;
  };
  const limited = async () => void told.push('limited');
  const hearing = hearGateway(
    {
      gateway: { name: 'stripe', outage: { ...tireless, missed, limited } },
      restOf: async (_, rest) => rest,
      signal: new AbortController().signal,
    },
    async () => {
      await meanwhile();
      throw fault;
    },
    { unknown: async () => told.push('unknown'), notExecuted: async () => told.push('not executed') },
  );
  await expect(hearing).rejects.toBe(fault);
  return told;
}

test('a gateway that does not answer is missed', async () => {
  expect(await toldAfter(async () => {})).toEqual(['unknown', 'missed']);
});

test('a gateway that was not heard while the worker stood still is not missed', async () => {
  expect(await toldAfter(() => standStill(2_500))).toEqual(['unknown']);
  const late = new TooManyCalls('its turn went by', 1);
  expect(await toldAfter(() => standStill(2_500), late)).toEqual(['not executed']);
});
