import { expect } from 'vitest';
import { z } from 'zod';
import { isProblemCode, problemCodes } from '../../../src/problem-codes.ts';

const ProblemBody = z.strictObject({
  type: z.url(),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().min(1),
  code: z.string().refine(isProblemCode, 'not one of the codes'),
  request_id: z.uuid(),
  errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string().min(1) })).optional(),
  // Of Bull Board's requests alone, whose page shows these.
  error: z.string().min(1).optional(),
  message: z.string().min(1).optional(),
});

/** The problem that a response is, checked against all that is promised of every problem. */
export async function problemOf(response: Response): Promise<z.output<typeof ProblemBody>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = ProblemBody.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  expect(new URL(problem.type).pathname).toBe(`/problems/${problem.code}`);
  if (isProblemCode(problem.code)) expect(problem.status).toBe(problemCodes[problem.code].status);
  if (response.status === 422) expect(problem.errors).toBeDefined();
  return problem;
}

/** The pointers of a problem's faults. */
export async function pointersOf(response: Response): Promise<string[]> {
  return ((await problemOf(response)).errors ?? []).map(({ pointer }) => pointer);
}
