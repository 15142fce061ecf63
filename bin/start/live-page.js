import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from '../tools/cannot-start.js';
import { root } from '../tools/environment.js';
import { withLock } from '../tools/lock-file.js';
import { runTool } from '../tools/run-tool.js';

const folder = join(root, 'dashboard');
const stampFile = join(folder, 'dist', '.built-from');

/** Builds the live page when it is missing or not of these sources. Safe for several commands at once. */
export async function buildLivePage({ environment, steps, node }) {
  if (isBuilt()) return;
  mkdirSync(join(root, '.data'), { recursive: true });
  await withLock(join(root, '.data', 'live-page.lock'), 120_000, async () => {
    if (isBuilt()) return;
    await steps.step('Live page', async () => {
      const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
      const { code, output } = await runTool(node.path, [vite, 'build', 'dashboard', '--logLevel', 'warn'], {
        cwd: root,
        env: { ...environment.all, NODE_ENV: 'production' },
      });
      if (code !== 0) throw new CannotStart(`The live page could not be built.\n${output.trim().slice(-3000)}`);
      writeFileSync(stampFile, stamp());
    });
  });
}

function isBuilt() {
  try {
    return readFileSync(stampFile, 'utf8') === stamp();
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** What the page is made of: its sources, what of the API's they name, and through the lockfile what they import. */
function stamp() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  const shared = new Set();
  for (const name of sources()) {
    const text = readFileSync(join(folder, name), 'utf8');
    hash.update(name).update(text);
    for (const [, path] of text.matchAll(/\.\.\/(src\/[\w./-]+)/g)) shared.add(path);
  }
  for (const path of [...shared].toSorted(byName)) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

function sources() {
  const names = readdirSync(join(folder, 'src'), { recursive: true }).filter((name) => name.includes('.'));
  const own = names.map((name) => join('src', name));
  return ['index.html', 'vite.config.ts', ...own].toSorted(byName);
}

const byName = (a, b) => (a < b ? -1 : 1);
