// A process of its own that outlives its parent for a moment. Every line on its input is the list of processes to end
// once the input closes, which it does when the parent dies, however that happens. An empty list means: nothing to do.
import { createInterface } from 'node:readline';
import { endAll } from '../tools/process-identity.js';
import { runTool } from '../tools/run-tool.js';

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});

let charges = [];
for await (const line of createInterface({ input: process.stdin })) charges = JSON.parse(line);

await endAll(charges.filter(({ pid }) => pid !== undefined));
for (const { command } of charges) if (command) await runTool(command[0], command.slice(1), { ms: 60_000 });
