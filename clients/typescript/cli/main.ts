#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { NoAnswer, openOrderflow, Refused } from '../src/orderflow.ts';
import { type Part, Unsendable } from '../src/unsendable.ts';
import { type Command, exits, Misuse } from './command.ts';
import { orderCommands } from './orders.ts';
import { streamCommands } from './streams.ts';
import { commonOptions, usageOf } from './usage.ts';
import { workCommands } from './work.ts';

const commands: readonly Command[] = [...orderCommands, ...streamCommands, ...workCommands];
const { ORDERFLOW_URL: url, ORDERFLOW_KEY: key } = process.env;
const args = process.argv.slice(2);
const isJson = args.includes('--json');
const interrupted = new AbortController();

/** Runs what was asked for, and answers the exit code. */
async function main(): Promise<number> {
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  if (args.includes('--help') || args.length === 0) {
    process.stdout.write(usageOf(commands, command));
    return exits.done;
  }
  if (!command) throw new Misuse(`There is no command '${args[0]}'.\n\n${usageOf(commands)}`);
  const { positionals, values } = parse(command);
  if (!url) throw new Misuse('ORDERFLOW_URL is not set; it names the platform, such as http://127.0.0.1:8012');
  return command.run({
    orderflow: openOrderflow({ url, key }),
    words: positionals,
    text: (option) => {
      const value = values[option];
      return typeof value === 'string' ? value : undefined;
    },
    is: (option) => values[option] === true,
    print: (answer, words) => process.stdout.write(lineOf(answer, words)),
    signal: interrupted.signal,
  });
}

function parse(command: Command) {
  const options = Object.entries({ ...command.options, ...commonOptions }).map(
    ([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
  );
  try {
    return parseArgs({
      args: args.slice(command.name.split(' ').length),
      options: Object.fromEntries(options),
      allowPositionals: true,
    });
  } catch (cause) {
    throw new Misuse(`${cause instanceof Error ? cause.message : String(cause)}\n\n${usageOf(commands, command)}`, {
      cause,
    });
  }
}

/** Says what went wrong, and answers the exit code. */
function explain(error: unknown): number {
  if (interrupted.signal.aborted) return args[0] === 'tail' ? exits.done : exits.interrupted;
  if (error instanceof Refused) {
    const { status, problem, message } = error;
    const faults = (problem?.errors ?? []).map(({ pointer, detail }) => `  ${pointer}: ${detail}`);
    const advice = status === 401 ? ['Set ORDERFLOW_KEY to an API key, or another bearer token, that is valid.'] : [];
    complain(problem ?? { status }, [message, ...faults, ...(problem ? [problem.type] : []), ...advice].join('\n'));
    if (status === 401) return exits.noKey;
    return error.retryAfterMs === undefined ? exits.refused : exits.noAnswer;
  }
  if (error instanceof NoAnswer) {
    const { message, intention } = error;
    const again =
      intention === undefined
        ? ''
        : `\nWhether it was done is not known; --intention ${intention} asks again without doing it twice.`;
    complain({ message, intention }, `${url}: ${message}${again}`);
    return exits.noAnswer;
  }
  if (error instanceof Unsendable) {
    const { part, message } = error;
    complain({ message }, `${given[part]}: ${message}`);
    return part === 'key' ? exits.noKey : exits.usage;
  }
  if (!(error instanceof Misuse)) throw error;
  complain({ message: error.message }, error.message);
  return exits.usage;
}

/** Where each part of a request comes from. */
const given: Readonly<Record<Part, string>> = {
  url: 'ORDERFLOW_URL',
  key: 'ORDERFLOW_KEY',
  intention: '--intention',
  position: '--after',
};

function complain(problem: object, words: string): void {
  process.stderr.write(lineOf(problem, words));
}

/** What is printed. A title or a reason comes from elsewhere: no terminal shall take it for a command. */
function lineOf(answer: unknown, words: string): string {
  const text = isJson ? JSON.stringify(answer) : words;
  const shown = (character: string) =>
    isJson ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : '\uFFFD';
  return `${text.replaceAll(/[^\P{Cc}\n]/gu, shown)}\n`;
}

for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
// Whoever reads has seen enough, as `head` does.
process.stdout.on('error', () => process.exit(exits.done));
process.exitCode = await main().catch(explain);
