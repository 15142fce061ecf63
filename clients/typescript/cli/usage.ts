import type { Command } from './command.ts';

const always = {
  json: { summary: 'prints answers as they come, a line of JSON each; problems too, on stderr' },
  help: { summary: 'says all this' },
};

/** The options that every command has, besides its own. */
export const commonOptions: Command['options'] = always;

/** What the command line can do, or one command of it. */
export function usageOf(commands: readonly Command[], one?: Command): string {
  return one ? usageOfOne(one) : usageOfAll(commands);
}

function usageOfAll(commands: readonly Command[]): string {
  return `Usage: orderflow COMMAND [--json]

${columns(commands.map(({ name, takes, summary }) => [`${name} ${takes}`, summary]))}

ORDERFLOW_URL names the platform, ORDERFLOW_KEY is an API key or another bearer token. COMMAND --help says more.
Exit codes: 0 done, 1 refused or not paid, 2 called wrongly, 3 no answer (try again), 4 no valid key, 130 interrupted.
`;
}

function usageOfOne({ name, takes, summary, options }: Command): string {
  const rows = Object.entries({ ...options, ...always }).map(([option, described]) => {
    const { value, summary: text }: Command['options'][string] = described;
    return [`--${option}${value === undefined ? '' : ` ${value}`}`, text];
  });
  return `Usage: orderflow ${name} ${takes}\n\n${summary}\n\n${columns(rows)}\n`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([first = '']) => first.length)) + 2;
  return rows.map(([first = '', second = '']) => `  ${first.padEnd(width)}${second}`).join('\n');
}
