/** The API said no; the message is meant for people. */
export class Refused extends Error {
  override name = 'Refused';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * Asks the API that served this page, as whoever the session cookie belongs to.
 * @throws Refused with the problem's own sentence, or one about the connection.
 */
export async function ask<T>(method: Method, path: string, body?: object): Promise<T> {
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  if (method === 'POST') headers['idempotency-key'] = newKey();
  const answer = await fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) }).catch(() => {
    throw new Refused(0, 'The server did not answer. Is it running?');
  });
  if (!answer.ok) throw new Refused(answer.status, await detailOf(answer));
  return parsed<T>(answer);
}

// The types of the views are the API's own, and page and API are built from one commit: T is what the route declares.
async function parsed<T>(answer: Response): Promise<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/consistent-type-assertions
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function detailOf(answer: Response): Promise<string> {
  const problem: unknown = await answer.json().catch(() => undefined);
  const isProblem = typeof problem === 'object' && problem !== null && 'detail' in problem;
  return isProblem ? String(problem.detail) : `The server answered ${answer.status}.`;
}

// `randomUUID` is there only on secure origins; a page opened over plain HTTP from another machine is none.
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
