import { join } from 'node:path';
import { CannotStart } from './cannot-start.js';
import { root } from './environment.js';
import { runTool } from './run-tool.js';

/**
 * A Node that runs the product: 24.16 or newer, for `crypto.randomUUIDv7` and TypeScript without a build. The one that
 * runs this, else the system's, else the one npm brought.
 */
export async function findNode() {
  const candidates = [
    process.execPath,
    'node',
    join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'),
  ];
  for (const command of candidates) {
    const { code, output } = await runTool(command, ['-p', 'process.version + " " + process.execPath'], { ms: 10_000 });
    const [version = '', path = ''] = output.trim().split(' ');
    if (code === 0 && isNewEnough(version)) return { path, version };
  }
  throw new CannotStart(
    `Orderflow needs Node.js 24.16 or newer; this is ${process.version}, and npm has none for ${process.platform} ${process.arch}.`,
    'Install it from https://nodejs.org, or with a version manager: `nvm install 24`, `fnm install 24`, `brew install node@24`.',
  );
}

function isNewEnough(version) {
  const [major, minor] = version.slice(1).split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 16);
}
