import { spawn } from 'node:child_process';
import { once } from 'node:events';

const running = new Set();
/** How long a command may take to end once it is asked to: a migration ends what it has begun, for MySQL takes no half of one back. */
const endMs = 6_000;
let isEnding = false;

/**
 * Runs a command to its end and answers `{ code, output }`; a command that cannot be started, or is still running
 * after `ms`, answers code 127 or 124. What is part of the end itself, `isAtEnd`, is started also when everything is being stopped.
 */
export function runTool(command, args, { cwd, env, input, ms = 600_000, onLine, isAtEnd = false } = {}) {
  if (isEnding && !isAtEnd) return Promise.resolve({ code: 127, output: 'not started: everything is being stopped' });
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    running.add(child);
    let output = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, ms);
    const finish = (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code: timedOut ? 124 : code, output });
    };
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        // The end of a long output is what tells why it failed.
        output = (output + text).slice(-200_000);
        if (onLine) for (const line of text.split('\n').filter(Boolean)) onLine(line);
      });
    child.once('error', (error) => {
      output += error.message;
      finish(127);
    });
    child.once('close', (code) => finish(code ?? 1));
    child.stdin?.on('error', () => {}).end(input);
  });
}

/**
 * Ends every command still running, for a stop in the middle of the set-up; resolves when none is left. None can be started any more
 * but those of the end.
 */
export async function endTools() {
  isEnding = true;
  const ends = [...running].map((child) => {
    const hasEnded = once(child, 'close');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), endMs);
    return hasEnded.finally(() => clearTimeout(timer));
  });
  await Promise.allSettled(ends);
}
