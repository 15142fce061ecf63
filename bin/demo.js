import { readEnvironment } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { prepareNode24, runOnNode24 } from './tools/run-on-24.js';

// Drives a believable shop and market against a running `npm start`; what it does stands in demo/main.js.

const environment = readEnvironment();
try {
  const node = await prepareNode24(environment);
  process.exitCode = await runOnNode24(environment, node, ['bin/demo/main.js', ...process.argv.slice(2)]);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
