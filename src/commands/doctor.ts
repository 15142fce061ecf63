import { readConfig } from '../config.ts';
import { openContext } from '../context.ts';
import { diagnose, redisOfDoctor } from '../doctor/diagnose.ts';
import { startWith } from '../process/life.ts';
import { readOptions } from './read-options.ts';

// Says what is wrong with a deployment, and what to do about each: exit 1, or 0 when nothing is.
await startWith(async () => readOptions({}, 'npm run doctor'));
const config = await startWith(async () => ({ ...readConfig(), LOG_LEVEL: 'silent' as const }));
const context = await startWith(() => openContext(config, 'doctor', redisOfDoctor(config)));
const examined = await startWith(() => diagnose(context));
const say = (line: string) => void process.stdout.write(`${line}\n`);
for (const { name, findings, skipped } of examined) {
  if (skipped !== undefined) say(`-  ${name}: not examined, ${skipped}`);
  else if (findings.length === 0) say(`ok ${name}`);
  for (const { id, fault, remedy } of findings) say(`!! ${name}: ${fault} [${id}]\n   ${remedy}`);
}
const count = examined.reduce((sum, { findings }) => sum + findings.length, 0);
say(count === 0 ? 'Nothing is wrong.' : `${count} ${count === 1 ? 'thing is' : 'things are'} wrong.`);
// Connections may wait for servers that are away.
process.exit(count === 0 ? 0 : 1);
