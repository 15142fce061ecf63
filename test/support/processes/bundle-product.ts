import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = join(import.meta.dirname, '..', '..', '..');
// Programs, and what they load by its name: nobody else's import would find those.
const named = '{src/{api,workers}/main,src/commands/*,src/**/*.{routes,job,stream,market},sandbox/main}.ts';
// Of each room of the source one file: what every program loads, what only an API does, and the sandbox.
const rooms = [
  { name: 'common', test: /\/src\/(?!api\/|commands\/|doctor\/|workers\/main)/ },
  { name: 'api', test: /\/src\/api\/(?!main)/ },
  { name: 'sandbox', test: /\/sandbox\/(?!main)/ },
];
// A day: a run beside this one may still use its own.
const keptMs = 86_400_000;

/**
 * Bundles the product's and the sandbox's own files, once a state of the source, for the processes that tests start: three files
 * instead of four hundred. `packages` are where those are that it imports. Returns the folder.
 */
export async function bundleProduct(cache: string, packages: ReadonlyMap<string, string>): Promise<string> {
  const sources = globSync('{src,sandbox}/**/*.ts', { cwd: root }).toSorted();
  // Places in the source are written into it.
  const hash = createHash('sha256').update(JSON.stringify([root, ...packages]));
  for (const name of [import.meta.filename, ...sources.map((source) => join(root, source))])
    hash.update(name).update(readFileSync(name));
  const folder = join(cache, `product-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(folder)) await makeBundle(folder, packages);
  utimesSync(folder, new Date(), new Date());
  forgetOld(cache);
  return folder;
}

async function makeBundle(folder: string, packages: ReadonlyMap<string, string>): Promise<void> {
  const draft = `${folder}.${randomUUID()}`;
  const entries = globSync(named, { cwd: root });
  await bundle(entries, packages, draft);
  const files = Object.fromEntries(entries.map((name) => [pathToFileURL(join(root, name)).href, `${name}.mjs`]));
  writeFileSync(join(draft, 'files.json'), JSON.stringify(files));
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another run was quicker.
    if (!existsSync(folder)) throw error;
    rmSync(draft, { recursive: true });
  }
}

/** Bundles of a source that nobody has any more. */
function forgetOld(cache: string): void {
  for (const name of readdirSync(cache).filter((each) => each.startsWith('product-'))) {
    const folder = join(cache, name);
    if (statSync(folder).mtimeMs < Date.now() - keptMs) rmSync(folder, { recursive: true, force: true });
  }
}

async function bundle(entries: readonly string[], packages: ReadonlyMap<string, string>, outDir: string) {
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [
      {
        name: 'product',
        enforce: 'pre',
        resolveId(id) {
          const file = packages.get(id);
          return file === undefined ? undefined : { id: file, external: 'absolute' };
        },
        // Files look for others beside them, where they were written.
        transform(code, id) {
          const place = { url: pathToFileURL(id).href, filename: id, dirname: join(id, '..') };
          return Object.entries(place).reduce(
            (text, [name, value]) => text.replaceAll(`import.meta.${name}`, JSON.stringify(value)),
            code,
          );
        },
      },
    ],
    build: {
      ssr: true,
      outDir,
      minify: false,
      target: 'esnext',
      rolldownOptions: {
        input: Object.fromEntries(entries.map((name) => [name, join(root, name)])),
        output: {
          entryFileNames: '[name].mjs',
          chunkFileNames: '[name]-[hash].mjs',
          codeSplitting: { groups: rooms.map((room) => ({ ...room, tags: ['$initial'] })) },
        },
      },
    },
  });
}
