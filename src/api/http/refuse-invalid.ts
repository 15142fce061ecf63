import type { z } from '@hono/zod-openapi';
import { type Fault, Problem } from '../../errors.ts';
import { mostFaults } from './problem.ts';

/** What a schema found wrong. */
export type Issue = z.core.$ZodIssue;

// Where a schema has no words of its own, zod speaks of itself.
const ofZod = /^(Invalid|Too (big|small)|Unrecognized)/;

const nouns: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};
const measures: Readonly<Record<string, string>> = { string: 'have characters', array: 'have entries' };

/** What is wrong, in words about what was sent: the schema's own, or these. */
function issueSentence(issue: Issue): string {
  if (!ofZod.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is missing'
        : `must be ${nouns[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_format':
      return `is not written as ${formats[issue.format] ?? 'it has to be'}`;
    default:
      return 'does not fit';
  }
}

const formats: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  url: 'a URL',
  uuid: 'a UUID',
  guid: 'a UUID',
  date: 'a day such as 2026-11-22',
  datetime: 'a time by RFC 3339',
};

function bound(origin: string, how: string, limit: number | bigint): string {
  const [verb = 'be', unit = ''] = measures[origin]?.split(' ') ?? [];
  return `must ${verb} ${how} ${limit} ${unit}`.trim();
}

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

/** RFC 6901's pointer. */
export function pointerTo(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
