import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDebian, unpackPackages } from './debian-packages.js';

/** Where a Chromium may be. The one without windows needs three quarters of the processor. */
export const installedAt = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
// A page without a font has no height.
const packages = ['chromium-headless-shell', 'chromium-common', 'fonts-dejavu-core', 'fontconfig-config'];

/**
 * A Chromium for the tests of the live page: an installed one, else Debian's, downloaded once and unpacked under
 * `folder`, without root and without changing the system. Undefined where there is none to be had: those tests say so.
 */
export async function findBrowser({ steps, folder, known = installedAt }) {
  const found = known.find(existsSync);
  if (found || !(await isDebian())) return found;
  return steps
    .step('Chromium from the distribution’s packages', (detail) => unpackBrowser(folder, detail))
    .catch(() => undefined);
}

async function unpackBrowser(folder, detail) {
  const tree = join(folder, 'chromium');
  const { env } = await unpackPackages(tree, packages, detail);
  const program = join(tree, 'usr/lib/chromium/chromium-headless-shell');
  if (!existsSync(program)) throw new Error('the package holds no browser');
  const script = join(tree, 'chromium.sh');
  const lines = [
    '#!/bin/sh',
    `export LD_LIBRARY_PATH='${env.LD_LIBRARY_PATH}' FONTCONFIG_SYSROOT='${tree}'`,
    `exec '${program}' "$@"`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`, { mode: 0o755 });
  return script;
}
