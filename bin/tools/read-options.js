import { parseArgs } from 'node:util';
import { CannotStart } from './cannot-start.js';

/** The options of a command line, as `src/commands/read-options.ts` reads them. @throws CannotStart */
export function readOptions(options, usage) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new CannotStart(`${faultOf(error.message)}.`, `It is called as: ${usage}`);
  }
}

/** Node's own sentences go on about what an argument could have been. */
function faultOf(said) {
  const named = /'(.+?)(?: <value>)?'/.exec(said)?.[1] ?? '';
  if (said.includes('Unknown option')) return `There is no option ${named}`;
  if (said.includes('Unexpected argument')) return `'${named}' is none of its options`;
  return said.includes('does not take') ? `${named} takes no value` : `${named} needs a value`;
}
