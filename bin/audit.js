import { spawnSync } from 'node:child_process';
import { root } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { readOptions } from './tools/read-options.js';

/** Asks the registry for known holes in what is installed in production. A registry without an answer is no fault of ours. */
function audit() {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8' });
  const counts = readCounts(stdout);
  if (!counts) return void process.stdout.write('npm audit: not run, the registry does not answer it\n');
  const { total = 0, ...levels } = counts;
  const named = Object.entries(levels).filter(([, count]) => count > 0);
  process.stdout.write(
    `npm audit: ${total} known holes ${named.map(([level, count]) => `${count} ${level}`).join(', ')}\n`,
  );
  process.exitCode = total === 0 ? 0 : 1;
}

function readCounts(text) {
  try {
    return JSON.parse(text).metadata?.vulnerabilities;
  } catch {
    return undefined;
  }
}

try {
  readOptions({}, 'npm run audit');
  audit();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
