import { type Fault, Problem } from '../errors.ts';
import { type Issue, issueSentence } from './issue-sentence.ts';
import { mostFaults } from './problem.ts';

type Checked = Readonly<{ success: boolean; target: string; error?: { issues: readonly Issue[] } }>;

/** Refuses what does not fit its schema, and says where; the first faults are enough to go by. @throws Problem invalid */
export function refuseInvalid(result: Checked): void {
  if (result.success) return;
  const errors = (result.error?.issues ?? [])
    .slice(0, mostFaults)
    .flatMap((issue) => faultsOf(issue, result.target === 'json'))
    .slice(0, mostFaults);
  throw new Problem('invalid', 'The request does not fit its schema; see errors.', { errors });
}

function faultsOf(issue: Issue, isBody: boolean): Fault[] {
  const pointerOf = (at: readonly string[]) => (isBody ? pointerTo(at) : at.join('.'));
  const at = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerOf(at), detail: issueSentence(issue) }];
  return issue.keys.slice(0, mostFaults).map((key) => ({ pointer: pointerOf([...at, key]), detail: 'unknown field' }));
}

function pointerTo(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
