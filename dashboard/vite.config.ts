import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const built = join(import.meta.dirname, 'dist');
const assets = join(built, 'assets');

export default defineConfig({
  base: '/',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Nothing is embedded: the page may load files of its own site, and no data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // The files under `public` would be copied unhashed; there are none.
  publicDir: false,
  plugins: [
    {
      name: 'finish-page',
      closeBundle() {
        inlineStyle();
        packFiles();
      },
    },
  ],
});

/** The one style goes into the page: nothing else has to come before there is something to see. */
function inlineStyle(): void {
  const page = readFileSync(join(built, 'index.html'), 'utf8');
  const inlined = page.replace(/<link rel="stylesheet"[^>]* href="\/assets\/([^"]+)">/, (_link, name: string) => {
    const style = readFileSync(join(assets, name), 'utf8');
    rmSync(join(assets, name));
    return `<style>${style}</style>`;
  });
  if (inlined.includes('rel="stylesheet"')) throw new Error('The page has more than one style');
  writeFileSync(join(built, 'index.html'), inlined);
}

/** Beside each file stand its packed ones, which the API sends to whom understands them. */
function packFiles(): void {
  for (const name of readdirSync(assets)) {
    const bytes = readFileSync(join(assets, name));
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes));
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}
