import { parseEnv } from 'node:util';

const ofFile = '_FILE';

/**
 * Adds to an environment what a `.env` says of what is not set there. A secret that is set there is not looked for in a file that
 * only the `.env` names.
 */
export function addDotEnv(env: NodeJS.ProcessEnv, dotEnv: string): void {
  const own = { ...env };
  for (const [name, value] of Object.entries(parseEnv(dotEnv))) {
    const isElsewhere = name.endsWith(ofFile) && isGiven(own, name.slice(0, -ofFile.length));
    if (own[name] === undefined && !isElsewhere) env[name] = value;
  }
}

/** An empty password is none; all else that is empty is unset. */
function isGiven(own: NodeJS.ProcessEnv, name: string): boolean {
  return name.endsWith('_PASSWORD') ? own[name] !== undefined : Boolean(own[name]);
}
