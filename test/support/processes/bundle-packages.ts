import { createHash, randomUUID } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { importsOf } from '../imports.ts';

const root = join(import.meta.dirname, '..', '..', '..');
// Programs of their own, and what they import natively.
const native = ['@node-rs/argon2'];
// A file that might import any of them.
const importing = join(root, 'src', 'any.js');
// Some packages look for files of others; every process starts where the dependencies are.
const banner =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(process.cwd() + '/');";

/**
 * Half of a process's start is loading 1,400 modules of packages, and the tests start more than a hundred: once a
 * lockfile these are bundled into a few, which `load-bundled-packages.js` gives to the processes that tests start. What
 * `npm start` starts loads the packages themselves, also in tests.
 */
export default async function bundlePackages(): Promise<void> {
  const cache = process.env['NODE_COMPILE_CACHE'];
  if (!cache) return;
  const specifiers = importedPackages();
  const key = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(readFileSync(import.meta.filename))
    .update(specifiers.join())
    .digest('hex');
  const folder = join(cache, `packages-${key.slice(0, 16)}`);
  if (!existsSync(folder)) await bundle(specifiers, folder);
  process.env['TEST_PACKAGES'] = folder;
}

/** What the product's and the sandbox's files import at run time that is neither theirs nor Node's. */
function importedPackages(): string[] {
  const files = globSync(['{src,sandbox,migrations}/**/*.ts', 'mikro-orm.config.ts'], { cwd: root });
  const found = new Set(files.flatMap((file) => importsOf(readFileSync(join(root, file), 'utf8'))));
  return [...found].filter((name) => !/^(\.|node:)/.test(name) && !native.includes(name)).toSorted();
}

async function bundle(specifiers: readonly string[], folder: string): Promise<void> {
  const entries = new Map<string, string>();
  for (const specifier of specifiers) {
    // The names, because those of a CommonJS package are known only when it is loaded.
    const exported: object = await import(specifier);
    const names = Object.keys(exported).filter((name) => /^[A-Za-z$][\w$]*$/.test(name));
    entries.set(`\0${specifier}`, `export { ${names.join(', ')} } from ${JSON.stringify(specifier)};`);
  }
  const nameOf = (specifier: string) => specifier.replaceAll('/', '_');
  const draft = `${folder}.${randomUUID()}`;
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [
      {
        name: 'entries',
        enforce: 'pre',
        resolveId(id, importer) {
          if (importer === undefined) return `\0${id}`;
          return entries.has(importer) ? this.resolve(id, importing, { skipSelf: true }) : undefined;
        },
        load: (id) => entries.get(id),
      },
    ],
    environments: { ssr: { resolve: { mainFields: ['main'], noExternal: true, external: native } } },
    build: {
      ssr: true,
      outDir: draft,
      minify: false,
      target: 'esnext',
      rolldownOptions: {
        input: Object.fromEntries(specifiers.map((specifier) => [nameOf(specifier), specifier])),
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs', banner },
      },
    },
  });
  const files = Object.fromEntries(specifiers.map((specifier) => [specifier, `${nameOf(specifier)}.mjs`]));
  writeFileSync(join(draft, 'files.json'), JSON.stringify(files));
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another run was quicker.
    if (!existsSync(folder)) throw error;
    rmSync(draft, { recursive: true });
  }
}
