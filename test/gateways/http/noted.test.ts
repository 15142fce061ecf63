import { expect, test } from 'vitest';
import { noted } from '../../../src/gateways/http/outage.ts';

/** What the breaker is told of a call that fails after its signal has aborted for a reason. */
async function toldOf(reason: unknown): Promise<readonly string[]> {
  const told: string[] = [];
  const outage = { heard: async () => void told.push('heard'), missed: async () => void told.push('missed') };
  const fault = new Error('no answer');
  const call = () => Promise.reject(fault);
  const signal = reason === undefined ? new AbortController().signal : AbortSignal.abort(reason);
  await expect(noted({ outage, isSilence: () => true, signal }, call)).rejects.toBe(fault);
  return told;
}

test.each([
  ['fails', undefined, ['missed']],
  ['takes too long', new DOMException('late', 'TimeoutError'), ['missed']],
  ['is cut off when its process ends', 'shutdown', []],
])('a call that %s', async (_what, reason, told) => {
  expect(await toldOf(reason)).toEqual(told);
});
