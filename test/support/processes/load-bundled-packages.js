import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// Run before a process that a test starts: its own files get packages from the bundle that bundle-packages.ts, beside this
// file, has made.
const folder = process.env.TEST_PACKAGES;
const files = JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8'));
const urls = new Map(Object.entries(files).map(([name, file]) => [name, pathToFileURL(join(folder, file)).href]));
const root = pathToFileURL(join(import.meta.dirname, '..', '..', '..', '/')).href;

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL = '' } = context;
    const isOurs = parentURL.startsWith(root) && !parentURL.includes('/node_modules/');
    const url = isOurs ? urls.get(specifier) : undefined;
    return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
  },
});
