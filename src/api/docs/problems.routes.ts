import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { html } from 'hono/html';
import { Problem } from '../../errors.ts';
import { defineRoute } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { pageOf, ShortPageQuery } from '../http/page.ts';
import { allProblemCodes, isProblemCode, type ProblemCode, problemCodes } from '../../problem-codes.ts';
import { answerPage, marked, wishOf } from '../http/own-page.ts';

const KindView = z
  .object({ code: z.string(), status: z.int(), title: z.string(), cause: z.string(), remedy: z.string() })
  .openapi('ProblemKind');
const KindList = z.object({ data: z.array(KindView), next_cursor: z.string().nullable() }).openapi('ProblemKindList');

const viewOf = (code: ProblemCode) => ({ code, ...problemCodes[code] });
const exampleKind = viewOf('total_mismatch');

const list = defineRoute(
  'public',
  {
    method: 'get',
    path: '/problems',
    operationId: 'listProblems',
    summary: 'Every code that an unsuccessful answer can have.',
    tags: ['about'],
    request: { query: z.object(ShortPageQuery) },
    responses: {
      200: {
        description: 'All of them; a page unless JSON is asked for.',
        content: {
          'text/html': { schema: z.string(), example: '<!doctype html>…' },
          'application/json': { schema: KindList, example: { data: [exampleKind], next_cursor: null } },
        },
      },
    },
  },
  (c) => {
    if (wishOf(c) === 'json')
      return c.json(
        pageOf('problems', allProblemCodes.map(viewOf), c.req.valid('query'), ({ code }) => code),
        200,
      );
    const items = allProblemCodes.map(
      (code) => html`<li><a href="/problems/${code}"><code>${code}</code></a>: ${problemCodes[code].title}</li>`,
    );
    return answerPage(c, { title: 'Problems', body: html`<ul>${items}</ul>` });
  },
);

const read = defineRoute(
  'public',
  {
    method: 'get',
    path: '/problems/{code}',
    operationId: 'readProblem',
    summary: 'What a problem’s `type` points to: its cause and its remedy.',
    tags: ['about'],
    request: { params: z.object({ code: z.string().openapi({ example: exampleKind.code }) }) },
    responses: {
      200: {
        description: 'The problem; a page unless JSON is asked for.',
        content: {
          'text/html': { schema: z.string(), example: '<!doctype html>…' },
          'application/json': { schema: KindView, example: exampleKind },
        },
      },
    },
  },
  (c) => {
    const kind = viewOf(namedCode(c));
    if (wishOf(c) === 'json') return c.json(kind, 200);
    const body = html`<dl>
      <dt>Code</dt><dd><code>${kind.code}</code></dd>
      <dt>Status</dt><dd>${kind.status}</dd>
      <dt>Cause</dt><dd>${marked(kind.cause)}</dd>
      <dt>Remedy</dt><dd>${marked(kind.remedy)}</dd>
    </dl>`;
    return answerPage(c, { title: kind.title, body });
  },
  namedCode,
);

function namedCode(c: HonoContext<RouteEnv>): ProblemCode {
  const code = c.req.param('code') ?? '';
  if (!isProblemCode(code)) throw new Problem('not_found', 'There is no such problem; /problems lists them.');
  return code;
}

/** The closed set of problems, for people and for programs. */
export const routes = [list, read];
