import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Ends by force every process of that session, children of children included, whoever their parent is by now. Linux
 * alone can be asked for them; elsewhere the suite's own clean-up has to do.
 */
export function endSession(leader) {
  for (const name of process.platform === 'linux' ? readdirSync('/proc') : [])
    if (/^\d+$/.test(name) && sessionOf(name) === leader) kill(Number(name));
}

function sessionOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    return undefined;
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

// Also a command, for the guard: node bin/start/end-session.js LEADER
if (process.argv[1] === fileURLToPath(import.meta.url)) endSession(Number(process.argv[2]));
