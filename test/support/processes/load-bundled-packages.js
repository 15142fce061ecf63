import { readFileSync, realpathSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// Run before a process that a test starts: its own files get packages from the bundle that bundle-packages.ts, beside this
// file, has made; and a program of the product comes whole from that of bundle-product.ts.
const root = pathToFileURL(join(import.meta.dirname, '..', '..', '..', '/')).href;
const packages = bundled(process.env.TEST_PACKAGES);
const product = bundled(process.env.TEST_PRODUCT);
const isProgram = product.has(pathToFileURL(realpathSync(process.argv[1])).href);

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL = '' } = context;
    const isOurs = parentURL.startsWith(root) && !parentURL.includes('/node_modules/');
    const url = (isProgram && product.get(specifier)) || (isOurs && packages.get(specifier));
    return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
  },
});

/** Of what is in a bundle, by the name it is imported by, the URL of its file; without a bundle of nothing. */
function bundled(folder) {
  if (!folder) return new Map();
  const files = Object.entries(JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8')));
  return new Map(files.map(([name, file]) => [name, pathToFileURL(join(folder, file)).href]));
}
