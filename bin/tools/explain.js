import { CannotStart } from './cannot-start.js';

/** What a command says of an error: of what only a person can mend, a sentence with its remedy; of a fault of ours, where it is. */
export function explain(error) {
  if (error instanceof CannotStart) return [error.message, error.remedy].filter(Boolean).join('\n\n');
  if (error.log !== undefined) return `The ${error.message}. Its last lines:\n${error.log}`;
  return error.stack ?? String(error);
}

// Also of what a command throws before it has begun.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
