import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CannotStart } from '../errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * The options of a command line. `usage` is the command with what people give it; options for scripts alone need not be in it.
 * @throws CannotStart for what there is none of, and for a value too many or too few
 */
export function readOptions<const T extends Options>(options: T, usage: string) {
  try {
    return parseArgs<{ options: T }>({ options }).values;
  } catch (cause) {
    throw new CannotStart(`${faultOf(String(cause))}. It is called as: ${usage}`, { cause });
  }
}

/** Node's own sentences go on about what an argument could have been. */
function faultOf(said: string): string {
  const named = /'(.+?)(?: <value>)?'/.exec(said)?.[1] ?? '';
  if (said.includes('Unknown option')) return `There is no option ${named}`;
  if (said.includes('Unexpected argument')) return `'${named}' is none of its options`;
  return said.includes('does not take') ? `${named} takes no value` : `${named} needs a value`;
}
