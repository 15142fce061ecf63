import { expect, test } from 'vitest';
import { startProcess } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';

const check = async (env: Readonly<Record<string, string>>) => {
  const { ended, output } = startProcess('src/commands/check-environment.ts', [], { ...(await ownData()), ...env });
  return { code: await ended, output: output() };
};

test('an environment that can be used is good, and nothing is said of it', async () => {
  expect(await check({})).toEqual({ code: 0, output: '' });
});

test('a variable that cannot be what it is is named, with the remedy and without a stack', async () => {
  const { code, output } = await check({ PORT: 'eighty' });
  expect(code).not.toBe(0);
  expect(output).toMatch(/PORT must be a whole number/);
  expect(output).not.toMatch(/\n\s+at /);
});
