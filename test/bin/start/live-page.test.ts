import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeCheckout } from '../../support/processes/checkout.ts';
import { plainEnvironment } from '../../support/processes/platform-process.ts';

const build = `
  const { readEnvironment } = await import('./bin/tools/environment.js');
  const { buildLivePage } = await import('./bin/start/live-page.js');
  const { Steps } = await import('./bin/tools/steps.js');
  const environment = readEnvironment();
  await buildLivePage({ environment, steps: new Steps({ isPlain: true }), node: { path: process.execPath } });`;

it('the live page is built when it is missing or its sources have changed, once, also by two at a time', async () => {
  using checkout = makeCheckout();
  const run = async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', build], {
      cwd: checkout.folder,
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    return output;
  };
  const dist = join(checkout.folder, 'dashboard', 'dist');
  rmSync(dist, { recursive: true, force: true });

  const both = await Promise.all([run(), run()]);
  expect(both.join('').match(/✓.*Live page/g)).toHaveLength(1);
  const kinds = readdirSync(join(dist, 'assets')).map((name) => name.split('.')[1]);
  expect(new Set(kinds)).toEqual(new Set(['js']));

  const builtAt = statSync(join(dist, 'index.html')).mtimeMs;
  expect(await run()).toBe('');
  expect(statSync(join(dist, 'index.html')).mtimeMs).toBe(builtAt);

  for (const [part, name] of [
    ['dashboard/src', 'style.css'] as const,
    ['src/api/docs/pages', 'palette.css'] as const,
  ]) {
    appendFileSync(join(checkout.folder, part, name), 'footer { color: inherit; }\n');
    expect(await run()).toMatch(/✓.*Live page/);
  }
});
