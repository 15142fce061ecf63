import { randomUUID } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { Context } from '../context.ts';
import { needsDatabase, openAdmission } from './http/admission.ts';
import { refuseForeignHosts } from './http/foreign-hosts.ts';
import { nameAct, auditRefusals } from './callers/audit.ts';
import type { ApiParts, Around, Check, RouteEnv } from './callers/route-env.ts';
import { inOrder, nested } from './callers/steps.ts';
import { mountBoard } from './ops/board.ts';
import type { Route } from './http/define-route.ts';
import { documented, isForPeople } from './docs/documented.ts';
import { openFailedLogins } from './callers/failed-logins.ts';
import { openLimits } from './callers/limits.ts';
import { openLogins } from './callers/logins.ts';
import { openTickFollowers } from './callers/tick-followers.ts';
import { asyncApiRoutes } from './docs/asyncapi.ts';
import { openApiRoute } from './docs/openapi.ts';
import { readOperationTexts } from './docs/operations.ts';
import { guard } from './callers/principal.ts';
import { compressReads } from './http/compress.ts';
import { answerProblem } from './http/problem.ts';
import { readRequest } from './http/read-request.ts';
import { refuseAbsentFirst } from './http/refuse-in-order.ts';
import { logRequests, traceRequests } from './http/request-log.ts';
import { keepPrivate, setSecureHeaders } from './http/secure-headers.ts';
import { rememberPaths } from './http/remember-paths.ts';
import { openPaths } from './http/wrong-method.ts';
import { openPasswords } from '../accounts/passwords.ts';
import { openMarketReads } from '../market/read-market.ts';
import { openOrders } from '../orders/accept-orders.ts';
import { openStatus } from '../ops/status.ts';
import { readdir } from 'node:fs/promises';
import { BadDefinition } from '../errors.ts';

/** The API: what happens to every request, then the routes of every `*.routes.ts`, the documents, and Bull Board. */
export async function buildApp(ctx: Context, parts: ApiParts): Promise<OpenAPIHono<RouteEnv>> {
  const app = new OpenAPIHono<RouteEnv>({ strict: false });
  const { definitions } = ctx.jobs;
  const described = [openApiRoute(app, ctx.config, definitions), ...asyncApiRoutes(definitions)];
  const routes = [...(await loadRoutes()), ...described];
  const texts = await readOperationTexts();
  const paths = openPaths(routes);
  const admit = openAdmission(ctx);
  const kept = parts.front ? [parts.front.keep] : [];
  app.use(nested(compressReads, ...kept, provide(ctx, parts), traceRequests, logRequests, auditRefusals()));
  app.use(inOrder(refuseForeignHosts(ctx.config)));
  app.use(allowOrigins(ctx.config.CORS_ORIGINS, ctx.config.isProduction));
  app.use(inOrder(paths.refuseWrongMethod));
  app.onError(answerProblem);
  app.notFound((c) => {
    // A dead link; who writes is a program.
    c.set('isForPeople', ['GET', 'HEAD'].includes(c.req.method));
    return answerProblem(paths.unmatched(c.req.path), c);
  });
  for (const defined of routes) {
    const { who, route, handler } = defined;
    app.openAPIRegistry.registerPath(documented(who, route, texts.get(route.operationId)));
    // OpenAPI writes `{id}` where Hono has `:id`.
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(route.method, [path], ...stepsTo(defined, admit), handler);
  }
  mountBoard(app, ctx);
  app.router = rememberPaths(
    app.router,
    routes.map(({ route }) => route.path),
  );
  return app;
}

/** What comes before a route's handler: who may, whether it is there, and what the route reads. */
function stepsTo(defined: Route, admit: Check): MiddlewareHandler<RouteEnv>[] {
  const { who, route, find } = defined;
  const guarding = [
    nameAct(route),
    ...(isForPeople(route) ? [(c: HonoContext<RouteEnv>) => c.set('isForPeople', true)] : []),
    ...(needsDatabase(defined) ? [admit] : []),
    guard(who, route),
    ...(who === 'public' ? [] : [keepPrivate]),
  ];
  const reading = readRequest(route);
  return find ? [inOrder(...guarding), refuseAbsentFirst(find), inOrder(reading)] : [inOrder(...guarding, reading)];
}

function provide(ctx: Context, { readiness, answers, countingDeadlineMs }: ApiParts): Around {
  const reads = openMarketReads({ ...ctx, answers, hasKey: ctx.config.FINNHUB_API_KEY !== undefined });
  const readStatus = openStatus(ctx);
  const acceptOrder = openOrders(ctx.transaction);
  const underWay: RouteEnv['Variables']['underWay'] = new Map();
  const logins = openLogins(ctx);
  const limits = openLimits(ctx, countingDeadlineMs);
  const tickFollowers = openTickFollowers(ctx.events.ticks);
  const passwords = openPasswords();
  const attempts = openFailedLogins(ctx.redis, countingDeadlineMs);
  return (c, next) => {
    c.set('ctx', ctx);
    c.set('readiness', readiness);
    c.set('answers', answers);
    c.set('reads', reads);
    c.set('acceptOrder', acceptOrder);
    c.set('readStatus', readStatus);
    c.set('underWay', underWay);
    c.set('logins', logins);
    c.set('limits', limits);
    c.set('tickFollowers', tickFollowers);
    c.set('passwords', passwords);
    c.set('attempts', attempts);
    c.set('requestId', randomUUID());
    // Set before the handler answers: headers added to a finished answer cost a copy of it.
    c.header('x-request-id', c.get('requestId'));
    setSecureHeaders(c);
    return next();
  };
}

const exposed = [
  'Location',
  'Retry-After',
  'ETag',
  'Age',
  'Cache-Status',
  'Content-Disposition',
  'Allow',
  'Idempotent-Replayed',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
];
const sent = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'Prefer',
  'If-None-Match',
  'Last-Event-ID',
  'traceparent',
];
const localhost = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

function allowOrigins(listed: readonly string[] | undefined, isProduction: boolean): MiddlewareHandler<RouteEnv> {
  const isAllowed = (origin: string) => (listed ? listed.includes(origin) : !isProduction && localhost.test(origin));
  const answer = cors({
    origin: (origin) => (isAllowed(origin) ? origin : null),
    allowHeaders: sent,
    allowMethods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
    exposeHeaders: exposed,
    credentials: true,
    maxAge: 600,
  });
  return (c, next) => {
    // Caches must not give a browser of one origin what was answered to another.
    c.header('vary', 'Origin');
    const isPreflight = c.req.header('access-control-request-method') !== undefined;
    // Without an Origin nobody asks; an OPTIONS that is no preflight is a method like any other.
    if (c.req.header('origin') === undefined || (c.req.method === 'OPTIONS' && !isPreflight)) return next();
    return answer(c, next);
  };
}

/** The routes of every `*.routes.ts` of this folder. @throws BadDefinition naming a file that exports none. */
export async function loadRoutes(): Promise<readonly Route[]> {
  const files = (await readdir(import.meta.dirname, { recursive: true }))
    .filter((name) => name.endsWith('.routes.ts'))
    .toSorted();
  return (await Promise.all(files.map(loadRoutesOf))).flat();
}

async function loadRoutesOf(file: string): Promise<readonly Route[]> {
  const module: unknown = await import(new URL(file, import.meta.url).href);
  const routes = typeof module === 'object' && module !== null && 'routes' in module ? module.routes : undefined;
  if (!areRoutes(routes)) throw new BadDefinition(`src/api/${file} exports no array named 'routes'`);
  return routes;
}

// What defineRoute returns is recognised by the fields that only it gives together.
function areRoutes(value: unknown): value is readonly Route[] {
  const isRoute = (route: unknown) =>
    typeof route === 'object' && route !== null && 'who' in route && 'route' in route && 'handler' in route;
  return Array.isArray(value) && value.every(isRoute);
}
