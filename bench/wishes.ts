import { CannotStart } from '../src/errors.ts';
import { readOptions } from '../src/commands/read-options.ts';
import { aimIds, isAimId } from './goals.ts';
import { resultsFolder } from './results.ts';

const options = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  'peer-beside': { type: 'string' },
  results: { type: 'string', default: resultsFolder },
} as const;

/** What the command line asks to be measured. @throws CannotStart for what cannot be */
export function readWishes() {
  const wishes = readOptions(options, 'npm run bench -- [--quick] [--only NAME]… [--rounds N] [--seconds N]');
  const unknown = wishes.only?.find((name) => !isAimId(name));
  if (unknown !== undefined) throw new CannotStart(`--only ${unknown}: there are ${aimIds.join(', ')}`);
  for (const name of ['rounds', 'seconds'] as const)
    if (!(Number(wishes[name] ?? 1) > 0)) throw new CannotStart(`--${name} must be a number above 0`);
  return wishes;
}
