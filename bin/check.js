import { delimiter, join } from 'node:path';
import { readEnvironment, root } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { install } from './tools/install.js';
import { endTools, runTool } from './tools/run-tool.js';
import { Steps } from './tools/steps.js';
import { onStop } from './tools/stop-signals.js';

const programs = join(root, 'node_modules', '.bin');
/** What reads the source without running it; none needs another's result. */
const tools = [
  { title: 'Types', command: ['tsc', '--noEmit', '--singleThreaded'] },
  { title: 'Types of the live page', command: ['tsc', '--noEmit', '--singleThreaded', '-p', 'dashboard'] },
  { title: 'Types of the client', command: ['tsc', '--noEmit', '--singleThreaded', '-p', 'clients/typescript'] },
  // Go collects its garbage four times less often: memory is there, and it is a third quicker.
  { title: 'Lint', command: ['oxlint', '--type-aware', '--deny-warnings'], env: { GOGC: '400' } },
  { title: 'Format', command: ['biome', 'format'] },
  { title: 'Layers', command: ['vitest', 'run', '--config', 'vitest.check.ts'] },
];

const environment = readEnvironment();
const steps = new Steps({ isPlain: environment.isPlain });

/** @throws an error with all that the tool has said, when it finds a fault. */
async function look({ command: [program, ...args], env }) {
  const path = [programs, environment.path].join(delimiter);
  const { code, output } = await runTool(join(programs, program), args, {
    cwd: root,
    env: { ...environment.all, ...env, PATH: path },
  });
  if (code !== 0) throw new Error(output.trim());
}

onStop(environment, async () => {
  steps.abandon();
  await endTools();
  process.exit(130);
});
try {
  await install(environment, steps);
  const found = await Promise.allSettled(tools.map((tool) => steps.step(tool.title, () => look(tool))));
  const faults = found.flatMap(({ reason }) => (reason ? [reason.message] : []));
  for (const fault of faults) steps.say(`\n${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} catch (error) {
  steps.say(explain(error));
  process.exitCode = 1;
}
