import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CannotStart } from './cannot-start.js';
import { readEnvironment, root } from './environment.js';
import { runTool } from './run-tool.js';

/**
 * A Node that runs the product: 24.16 or newer, for `crypto.randomUUIDv7` and TypeScript without a build. The one that
 * runs this, else the system's, else the one npm brought.
 */
export async function findNode() {
  const { execPath, version } = process;
  if (isNewEnough(version)) return { path: execPath, version };
  const folders = readEnvironment().path.split(delimiter);
  const system = folders.map((folder) => join(folder, 'node')).find((file) => existsSync(file));
  const brought = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  // The system's is mostly the one that runs this, and asking it takes as long as all the rest.
  for (const command of system && realpathSync(system) !== execPath ? [system, brought] : [brought]) {
    const { code, output } = await runTool(command, ['-p', 'process.version + " " + process.execPath'], { ms: 10_000 });
    const [found = '', path = ''] = output.trim().split(' ');
    if (code === 0 && isNewEnough(found)) return { path, version: found };
  }
  throw new CannotStart(
    `Orderflow needs Node.js 24.16 or newer; this is ${version}, and npm has none for ${process.platform} ${process.arch}.`,
    'Install it from https://nodejs.org, or with a version manager: `nvm install 24`, `fnm install 24`, `brew install node@24`.',
  );
}

function isNewEnough(version) {
  const [major, minor] = version.slice(1).split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 16);
}
