import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const Pins = z.record(z.string(), z.string());
const manifest = z
  .object({
    dependencies: Pins,
    devDependencies: Pins,
    optionalDependencies: Pins,
    overrides: Pins,
    allowScripts: z.record(z.string(), z.boolean()),
  })
  .parse(read('package.json'));
const Package = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  hasInstallScript: z.boolean().default(false),
});
const lock = z
  .object({ lockfileVersion: z.int(), packages: z.record(z.string(), Package) })
  .parse(read('package-lock.json'));
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('what is installed', () => {
  it('is pinned to the version, in the manifest and in the lockfile', () => {
    const pins = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies, manifest.overrides];
    for (const [name, version] of pins.flatMap((some) => Object.entries(some)))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    for (const [name, version] of Object.entries(manifest.dependencies))
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
  });

  it('is known by its contents, and comes from whatever registry is asked', () => {
    expect(packages.length).toBeGreaterThan(100);
    for (const [path, { resolved, integrity }] of packages) {
      expect(resolved, path).toBeUndefined();
      expect(integrity, path).toMatch(/^sha512-/);
    }
  });

  it('runs no script while it is installed; who would like to is named and denied', () => {
    const willing = packages.filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = willing.map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect(manifest.allowScripts).toEqual(Object.fromEntries(names.map((name) => [name, false])));
    for (const file of ['Dockerfile', 'bin/tools/install.js']) {
      const text = readFileSync(file, 'utf8');
      expect(text, file).toContain('--ignore-scripts');
      for (const [command] of text.matchAll(/RUN npm (ci|install)[^\n]*/g))
        expect(command).toContain('--ignore-scripts');
    }
  });

  it('is one version of what must be one', () => {
    const versionsOf = (pattern: RegExp) =>
      new Set(packages.filter(([path]) => pattern.test(path)).map(([, { version }]) => version));
    expect(versionsOf(/node_modules\/@mikro-orm\/(core|mysql|migrations|sql|cli)$/).size).toBe(1);
    expect(versionsOf(/node_modules\/@bull-board\//).size).toBe(1);
    for (const name of ['ioredis', 'bullmq', 'mysql2', 'hono', 'zod'])
      expect(versionsOf(new RegExp(`node_modules/${name}$`)).size, name).toBe(1);
  });
});
