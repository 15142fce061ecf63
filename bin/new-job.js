import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './tools/environment.js';
import { jobSource, jobTestSource } from './tools/new-job-text.js';

const usage = 'npm run new:job NAME [QUEUE], as in: npm run new:job count-parcels';
// Longer ones would not fit their own import line.
const mostCharacters = 36;
// What the new files import under the same name.
const taken = ['define-job', 'perform-job', 'open-test-api', 'test-api', 'before-all', 'after-all'];

/** A request for a job kind that cannot be met; the message says what to do instead. */
class Refused extends Error {}

/** Makes a job kind and its test, and answers their paths. */
function makeJob(name, queue = 'upkeep', ...rest) {
  if (!name || rest.length > 0) throw new Refused(`Say the kind's name: ${usage}`);
  if (!/^[a-z]+(-[a-z0-9]+)+$/.test(name))
    throw new Refused(
      `'${name}' is no name for a job: say what it does in small letters, verb first, as in count-parcels`,
    );
  if (name.length > mostCharacters) throw new Refused(`'${name}' is longer than ${mostCharacters} characters`);
  if (taken.includes(name)) throw new Refused(`'${name}' is the name of something else here; choose another`);
  const queues = readQueues();
  const exported = queues.get(queue);
  if (!exported) throw new Refused(`There is no queue '${queue}'; there are ${[...queues.keys()].join(', ')}`);

  const files = new Map([
    [`src/jobs/${name}.job.ts`, jobSource(name, exported)],
    [`test/jobs/${name}.job.test.ts`, jobTestSource(name)],
  ]);
  const existing = readdirSync(join(root, 'src/jobs'), { recursive: true }).find(
    (file) => basename(file) === `${name}.job.ts`,
  );
  if (existing) throw new Refused(`src/jobs/${existing} is there already; choose another name, or edit it`);
  if (marketKinds().includes(name)) throw new Refused(`A kind of market data has a job '${name}'; choose another name`);
  const [, test] = files.keys();
  if (existsSync(join(root, test))) throw new Refused(`${test} is there already; choose another name, or edit it`);
  for (const [file, text] of files) writeFileSync(join(root, file), text, { flag: 'wx' });
  return [...files.keys()];
}

/** The jobs that kinds of market data bring, which are called after their files unless these say otherwise. */
function marketKinds() {
  const folder = join(root, 'src/market');
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.market.ts'));
  return files.map((file) => {
    const named = /^ {2}kind: '([^']+)'/m.exec(readFileSync(join(folder, file), 'utf8'));
    return named?.[1] ?? `fetch-${basename(file, '.market.ts')}`;
  });
}

/** The queues by name, each with the name under which queues.ts exports it. */
function readQueues() {
  const text = readFileSync(join(root, 'src/jobs/queues.ts'), 'utf8');
  const found = text.matchAll(/^export const (\w+) = \{\s*name: '([^']+)'/gm);
  return new Map(Array.from(found, ([, exported, name]) => [name, exported]));
}

try {
  const [job, test] = makeJob(...process.argv.slice(2));
  process.stdout.write(`Made ${job}
 and ${test}

Next:
  1. Write its payload, its result and its work, and say in one comment why a second run does no harm.
  2. npm test -- ${test}
  3. Give it everyMs to run it on a schedule, or ask for it inside a transaction: docs/add-a-job.md, step 4.

Nothing has to be registered: workers find it by its file when they start.
`);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
