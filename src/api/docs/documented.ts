import { z } from '@hono/zod-openapi';
import type { DocumentedRoute } from '../http/define-route.ts';
import { countingOf } from '../callers/limits.ts';
import { neededScope } from '../../accounts/scopes.ts';
import type { Who } from '../callers/principal.ts';
import { scopeOf } from '../callers/route-scope.ts';
import { mostFaults } from '../http/problem.ts';
import { allProblemCodes, isProblemCode, type ProblemCode, problemCodes } from '../../problem-codes.ts';

const Fault = z.object({
  pointer: z.string().openapi({ description: 'RFC 6901 pointer into the body, or the name of a parameter.' }),
  detail: z.string(),
});

/** An unsuccessful answer as the API documents it, RFC 9457; `code` is a closed set. */
const ProblemView = z
  .object({
    type: z.url().openapi({ description: 'The page about this code: cause and remedy.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(allProblemCodes),
    request_id: z.uuid(),
    trace_id: z.string().optional().openapi({ description: 'Where traces are kept.' }),
    errors: z.array(Fault).max(mostFaults).optional(),
    fits_every_seconds: z
      .int()
      .optional()
      .openapi({ description: 'Of `watchlist_over_budget`: the shortest cadence for which there is room.' }),
  })
  .openapi('Problem');

type Responses = DocumentedRoute['responses'];

/**
 * The route as OpenAPI shows it: its description, its security, and every problem it can answer. Which those are follows from
 * who may call it and what it takes; a route adds its own by naming their codes in the description of a status.
 */
export function documented<R extends DocumentedRoute>(who: Who, route: R, description: string | undefined): R {
  const possible = Object.groupBy(
    [...codesOf(who, route), ...declaredCodes(route)],
    (code) => problemCodes[code].status,
  );
  const problems = Object.fromEntries(
    Object.entries(possible).flatMap(([status, some]) =>
      hasContent(route.responses, status)
        ? []
        : [[status, problemResponse(Number(status), [...new Set(some)], isForPeople(route))]],
    ),
  );
  const security = securityOf(who, route);
  const texts = [description, route.description].filter((text) => text !== undefined);
  const said = texts.length === 0 ? {} : { description: texts.join(' ') };
  return { ...route, ...said, security, responses: { ...route.responses, ...problems } };
}

/** What opens it; of keys, those with this scope. */
function securityOf(who: Who, route: DocumentedRoute): Record<string, string[]>[] {
  if (who === 'public') return [];
  const scope = scopeOf(route);
  return [{ bearer: [] }, { cookie: [] }, ...(scope ? [{ key: [neededScope(who, scope)] }] : [])];
}

function codesOf(who: Who, route: DocumentedRoute): ProblemCode[] {
  const { params } = route.request ?? {};
  const isBodied = route.request?.body !== undefined;
  const isWrite = route.method !== 'get';
  // The codes of a route that looks something up in the path are its own, when it names any.
  const isFoundByPath = params !== undefined && !route.responses[404];
  return [
    ...(isBodied ? (['malformed_json', 'too_large', 'unsupported_media_type'] as const) : []),
    ...(who === 'public' ? [] : (['unauthenticated', 'insufficient_scope', 'second_factor_missing'] as const)),
    ...(who === 'operator' || who === 'admin' ? (['forbidden'] as const) : []),
    ...(who !== 'public' && isWrite ? (['foreign_origin'] as const) : []),
    ...(isFoundByPath ? (['not_found'] as const) : []),
    'ambiguous_host',
    'foreign_host',
    // A parameter that there is not is refused everywhere.
    'invalid',
    ...(countingOf(route) === 'nowhere' ? [] : (['too_many_requests', 'overloaded'] as const)),
    'internal',
    'unavailable',
  ];
}

function declaredCodes({ responses }: DocumentedRoute): ProblemCode[] {
  return Object.entries(responses).flatMap(([status, response]) => {
    const description = 'description' in response ? (response.description ?? '') : '';
    const named = [...(description.match(/\w+/g) ?? [])].filter(isProblemCode);
    return named.filter((code) => problemCodes[code].status === Number(status));
  });
}

function hasContent(responses: Responses, status: string): boolean {
  const declared = Object.entries(responses).find(([name]) => name === status)?.[1];
  return declared !== undefined && 'content' in declared && declared.content !== undefined;
}

// What is refused for now only can say when to come again.
const passing = new Set([409, 429, 503]);
const RetryHeader = z.object({
  'Retry-After': z.string().optional().openapi({ description: 'Seconds after which it is worth another try.' }),
});

/** Whether people come there in a browser: to the pages, and to what belongs to them. */
export function isForPeople({ method, tags }: Pick<DocumentedRoute, 'method' | 'tags'>): boolean {
  return method === 'get' && tags.includes('about');
}

function problemResponse(status: number, some: readonly ProblemCode[], hasPage: boolean): Responses[number] {
  const examples = Object.fromEntries(some.map((code) => [code, { summary: code, value: exampleOf(code) }]));
  return {
    description: some.map((code) => `\`${code}\`: ${problemCodes[code].cause}`).join('\n\n'),
    ...(passing.has(status) && { headers: RetryHeader }),
    content: {
      'application/problem+json': { schema: ProblemView, examples },
      ...(hasPage && status === 404 && { 'text/html': { schema: z.string(), example: '<!doctype html>…' } }),
    },
  };
}

function exampleOf(code: ProblemCode): z.input<typeof ProblemView> {
  const { status, title, cause } = problemCodes[code];
  const errors = status === 422 ? { errors: [{ pointer: '/items/0/quantity', detail: 'is too small' }] } : {};
  return {
    type: `http://127.0.0.1:8012/problems/${code}`,
    title,
    status,
    detail: cause,
    code,
    request_id: '7f2c1e9a-4b7e-4c59-9a3e-1f0c8f1d2b3a',
    ...errors,
  };
}
