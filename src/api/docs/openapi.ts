import { z, type OpenAPIHono } from '@hono/zod-openapi';
import type { Config } from '../../config.ts';
import type { Definitions } from '../../jobs/load-definitions.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { alreadyThere, answerText, type JsonText, jsonText, TagHeader } from '../http/conditional.ts';
import { version } from '../../process/version.ts';
import { sessionCookie } from '../callers/principal.ts';
import { webhooksSection } from './webhooks-section.ts';

const tags = [
  { name: 'auth', description: 'Logging in, and finding out who one is.' },
  { name: 'users', description: 'Accounts: one’s own, and everyone’s for administrators.' },
  { name: 'products', description: 'What can be ordered, made here or read from a feed.' },
  { name: 'orders', description: 'Placing and following orders.' },
  { name: 'payments', description: 'How orders are paid, and the queue that does it.' },
  { name: 'market', description: 'Market data, from stored copies first.' },
  { name: 'alerts', description: 'Being told when a price moves, and orders that wait for it.' },
  { name: 'streams', description: 'What happens, as it happens: server-sent events.' },
  {
    name: 'webhooks',
    description: 'What happens, posted to an address of yours, after the Standard Webhooks convention.',
  },
  { name: 'jobs', description: 'Background work: what can be asked for, and how it goes.' },
  { name: 'audit', description: 'Who changed what, or tried to.' },
  { name: 'about', description: 'The API about itself: health, documentation, problems.' },
];

/** The route of OpenAPI's own document. It is made once, from the routes that `app` has by the first request. */
export function openApiRoute(app: OpenAPIHono<RouteEnv>, config: Config, definitions: Definitions): Route {
  let text: JsonText | undefined;
  return defineRoute(
    'public',
    {
      method: 'get',
      path: '/openapi.json',
      operationId: 'readOpenApi',
      summary: 'This description, OpenAPI 3.1.',
      tags: ['about'],
      responses: {
        200: {
          description: 'The description.',
          headers: TagHeader,
          content: {
            'application/json': { schema: z.looseObject({ openapi: z.string() }), example: { openapi: '3.1.0' } },
          },
        },
        304: alreadyThere,
      },
    },
    async (c) =>
      answerText(c, (text ??= jsonText({ ...describe(app, config), webhooks: webhooksSection(definitions) }))),
  );
}

function describe(app: OpenAPIHono<RouteEnv>, { publicUrl }: Config): object {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The `access_token` of POST /auth/login.',
  });
  registry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
    description: 'Set by POST /auth/login. Writes by cookie need a same-origin `Origin`.',
  });
  registry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'ofk_…',
    description: 'An API key of POST /auth/keys. It needs the scope that the operation names here.',
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Orderflow',
      version,
      description:
        'Orders and market data on one job queue. Every path answers the same with and without a trailing slash. ' +
        'Errors are RFC 9457 problems whose `type` is a page with cause and remedy; a known path with another method ' +
        'answers 405 with `Allow`. A request that cannot be read is answered 400 `malformed_request`, one that does not ' +
        'come to its end 408 `request_timeout`, and a head of more than 16 KiB 431 `head_too_large`; the connection ends ' +
        'with each. Money is in major units beside its `currency`; times are RFC 3339 in UTC.',
    },
    servers: [
      { url: '/', description: 'Where this description came from' },
      { url: publicUrl, description: 'PUBLIC_URL' },
    ],
    tags,
  });
}
