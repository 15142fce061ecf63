import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { reportFault } from '../support/proof/report-fault.ts';
import { mutations } from './mutations/all.ts';
import { type Mutation, withoutGuard } from './mutations/mutation.ts';

const root = resolve(import.meta.dirname, '../..');
const left = new Set(['.data', '.git', 'node_modules']);
// From the first of these seeds on.
const [histories, firstSeed] = [4_000, 1];
// A history, or one test: what cannot even be loaded without its guard has noticed nothing.
const noticed = /^\w+: seed \d+|^.*FAIL.* > .*$/m;

let found = 0;
afterAll(() => {
  // A part of them says nothing of all.
  if (found < mutations.length) return;
  const title = `${mutations.length} guards are taken out, one at a time: each is noticed`;
  const how = relative(root, import.meta.filename);
  reportFault({ fault: 'F35', title, times: mutations.length, seed: firstSeed, how });
});

test.each(mutations)('it is noticed that $what', async (mutation) => {
  const folder = copyWith(mutation);
  try {
    const { code, output } = await noticing(mutation, folder);
    const line = noticed.exec(stripVTControlCharacters(output))?.[0] ?? 'nothing';
    process.stdout.write(`| ${mutation.what} | ${mutation.file} | ${mutation.by} | ${line.trim()} |\n`);
    expect(code).toBe(1);
    expect(line).toMatch(noticed);
    found += 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The sources without the guard. @throws when they do not have it. */
function copyWith(mutation: Mutation): string {
  const folder = mkdtempSync(join(tmpdir(), 'orderflow-mutation-'));
  cpSync(root, folder, { recursive: true, filter: (path) => !left.has(relative(root, path)) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, mutation.file);
  writeFileSync(path, withoutGuard(mutation, readFileSync(path, 'utf8')));
  return folder;
}

/** A scenario of the simulation, or a test on servers of its own. */
function noticing({ by }: Mutation, folder: string) {
  const simulation = [
    'test/simulation/main.ts',
    '--scenario',
    by,
    '--seed',
    `${firstSeed}`,
    '--histories',
    `${histories}`,
  ];
  const args = by.includes('/') ? ['bin/test.js', by] : simulation;
  const env = { ...process.env, DATA_DIR: process.env['DATA_DIR'] || join(root, '.data') };
  return new Promise<Readonly<{ code: number | null; output: string }>>((done) => {
    const child = spawn(process.execPath, args, { cwd: folder, env });
    let output = '';
    const hear = (some: Buffer) => (output += some.toString());
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => done({ code, output }));
  });
}
