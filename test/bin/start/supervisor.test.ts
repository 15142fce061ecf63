import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { plainEnvironment } from '../../support/processes/platform-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'orderflow-supervisor-'));
afterAll(() => rmSync(folder, { recursive: true }));

const urlOf = (name: string) => JSON.stringify(new URL(`../../../bin/${name}`, import.meta.url).href);
const told = join(folder, 'told');
// Stopped in the middle of its set-up, as by Ctrl-C. A process of its own: one that is stopped starts no command any more.
const program = `
  import { Supervisor } from ${urlOf('start/supervisor.js')};
  import { endTools, runTool } from ${urlOf('tools/run-tool.js')};
  const tell = (word) => 'echo ' + word + ' >>' + ${JSON.stringify(told)};
  const supervisor = new Supervisor({ logFolder: ${JSON.stringify(folder)}, say: () => {} });
  supervisor.atEnd(['sh', '-c', tell('end')]);
  const setUp = 'trap "' + tell('set-up') + '; exit" TERM; echo begun; while :; do sleep 0.1; done';
  await new Promise((begun) => void runTool('sh', ['-c', setUp], { onLine: begun }));
  await supervisor.stop(endTools());
`;

it('the commands of the end are run in an orderly stop too, after those of the set-up have ended', async () => {
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env: plainEnvironment() });
  expect(readFileSync(told, 'utf8')).toBe('set-up\nend\n');
});
