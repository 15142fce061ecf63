import type { z } from 'zod';
import { type Answer, json } from '../answer.ts';

/** Runs with what a request's body holds, or says what is wrong with it. */
export async function parsed<T>(
  schema: z.ZodType<T>,
  body: string,
  run: (value: T) => Answer | Promise<Answer>,
): Promise<Answer> {
  const value = schema.safeParse(parseJson(body));
  return value.success ? run(value.data) : refused(value.error);
}

/** The answer to what does not fit its schema. */
export function refused(error: z.ZodError): Answer {
  const errors = error.issues.map(({ path, message }) => ({ pointer: `/${path.join('/')}`, detail: message }));
  return json(422, { error: 'The request is not one of those described.', errors });
}

// What is no JSON is nothing, and fails the schema with its own words.
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
