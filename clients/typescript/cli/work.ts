import type { Job } from '../src/orderflow.ts';
import { type Command, exits, Misuse, onlyWord, wholeNumber } from './command.ts';

type State = Job['state'];
const states: readonly State[] = ['waiting', 'active', 'delayed', 'completed', 'failed'];

const jobs: Command = {
  name: 'jobs',
  takes: '[ID]',
  summary: 'A job by its id; without one the newest of all, for operators.',
  options: {
    kind: { value: 'KIND', summary: 'of this kind alone, such as charge-order' },
    key: { value: 'KEY', summary: 'about this order or symbol alone' },
    state: { value: 'STATE', summary: states.join(', ') },
    limit: { value: 'NUMBER', summary: 'how many; default: 20' },
  },
  async run(call) {
    const { orderflow, words, text, print, signal } = call;
    if (words.length > 0) {
      const job = await orderflow.readJob({ id: onlyWord(call, 'job by its id') }, { signal });
      print(job, `${lineOf(job)}  ${JSON.stringify(job.result ?? job.error ?? null)}`);
      return job.state === 'failed' ? exits.refused : exits.done;
    }
    const state = states.find((one) => one === text('state'));
    if (state !== text('state')) throw new Misuse(`--state is one of ${states.join(', ')}.`);
    const limit = wholeNumber(call, 'limit') ?? 20;
    const found = await orderflow.searchJobs({ kind: text('kind'), key: text('key'), state, limit }, { signal });
    print(found, found.data.map(lineOf).join('\n'));
    return exits.done;
  },
};

const replay: Command = {
  name: 'dead replay',
  takes: '[ID …]',
  summary: 'Has jobs that have failed for good done again, each once; for administrators.',
  options: {
    kind: { value: 'KIND', summary: 'those of this kind' },
    before: { value: 'TIME', summary: 'those that gave up before' },
    all: { summary: 'whichever there are' },
    limit: { value: 'NUMBER', summary: 'how many at most; default: all that are named, else 20' },
    'dry-run': { summary: 'only says which it would be' },
  },
  async run(call) {
    const { orderflow, words, text, is, print, signal } = call;
    if (words.length === 0 && !is('all') && text('kind') === undefined && text('before') === undefined)
      throw new Misuse('Say which: ids, --kind, --before, or --all.');
    const body = {
      ids: words.length === 0 ? undefined : words,
      kind: text('kind'),
      before: text('before'),
      limit: wholeNumber(call, 'limit') ?? (words.length || undefined),
      dry_run: is('dry-run'),
    };
    const done = await orderflow.replayDeadLetters({ body }, { signal });
    const lines = done.data.map(({ id, kind, job_id }) => `${id}  ${kind}  ${job_id ?? 'would be replayed'}`);
    print(done, [...lines, `${done.data.length} of ${done.matching}`].join('\n'));
    return exits.done;
  },
};

/** The commands about jobs. */
export const workCommands = [jobs, replay];

function lineOf({ id, kind, state, attempts, created_at }: Job): string {
  return `${id}  ${kind}  ${state}  ${attempts} attempts  ${created_at}`;
}
