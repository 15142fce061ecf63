import { spawnSync } from 'node:child_process';
import { root } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { findNode } from './tools/node-24.js';

// Writes the pages under docs/ that are made of the code. No server is needed but for a picture of the live page.
try {
  const node = await findNode();
  const { status } = spawnSync(node.path, ['docs/generate/main.ts', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
