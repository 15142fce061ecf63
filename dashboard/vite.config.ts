import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const assets = join(import.meta.dirname, 'dist', 'assets');

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
      // Beside each file stand its packed ones, which the API sends to whom understands them.
      name: 'pack-files',
      closeBundle() {
        for (const name of readdirSync(assets)) {
          const bytes = readFileSync(join(assets, name));
          writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes));
          writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
        }
      },
    },
  ],
});
