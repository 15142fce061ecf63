import { z, type OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler, Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import { isOvertaken } from '../../jobs/find-jobs.ts';
import { isRedisOutage } from '../../redis/connection.ts';
import { inOrder } from '../callers/steps.ts';
import type { End, RouteEnv } from '../callers/route-env.ts';
import { refuseInvalid } from '../http/refuse-invalid.ts';
import { wholeNumber } from '../http/fields.ts';
import { createBullBoard } from '@bull-board/api';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Context } from '../../context.ts';
import type { Job } from '../../jobs/define-job.ts';
import { queues as definitions } from '../../jobs/queues.ts';
import { auditAround } from '../callers/audit.ts';
import { boardAct, standingOf } from './board-act.ts';
import { BoardQueue } from './board-queue.ts';
import { refuseSchedule, refuseStrayJob, refuseVainConcurrency, refuseVainRate } from './board-refusals.ts';
import { retryAllFromBoard, retryFromBoard } from './board-retry.ts';
import { payloadSchema } from './job-view.ts';
import { pauseQueues } from '../../jobs/pause.ts';
import { guard, principalOf } from '../callers/principal.ts';
import { readJsonBody } from '../http/request-body.ts';
import { keepPrivate } from '../http/secure-headers.ts';
import { allowPage } from '../http/static-files.ts';
import { readPage } from '../http/own-page.ts';

// The board reads as many jobs as it is asked for; Redis would be busy with a million for seconds.
const BoardQuery = z.object({
  page: wholeNumber(1, 1_000_000).optional(),
  jobsPerPage: wholeNumber(1, 100).optional(),
});

/** Refuses pages that are too long, before the board reads them. */
const refuseLongPages: MiddlewareHandler<RouteEnv> = async (c, next) => {
  refuseInvalid({ target: 'query', ...BoardQuery.safeParse(c.req.query()) });
  await next();
};

/**
 * What has failed in the board, as this API says it: the board itself calls everything a fault of its own. BullMQ looks at
 * options of jobs only while it adds them, and says what is wrong with them in errors of every kind.
 */
function boardProblem(error: Error, isRead: boolean): Error {
  if (error instanceof Problem || isRedisOutage(error)) return error;
  if (isOvertaken(error)) return new Problem('job_moved', 'It is in another state by now.', { cause: error });
  const isOfRequest = !isRead || error instanceof URIError || error instanceof SyntaxError;
  return isOfRequest
    ? new Problem('invalid', 'The queue cannot do this with what it was sent.', { cause: error })
    : error;
}

const base = '/admin/queues';
const queueNames = new Set(definitions.map(({ name }) => name));

/** Bull Board over every queue: operators read, administrators change, and nobody else gets any byte of it. */
export function mountBoard(app: OpenAPIHono<RouteEnv>, ctx: Context): void {
  const serverAdapter = new HonoAdapter(serveStatic).setBasePath(base);
  createBullBoard({
    queues: definitions.flatMap(({ name, summary }) => {
      const queue = ctx.jobs.queues.get(name);
      const jobs = [...ctx.jobs.definitions.jobs.values()].filter((job) => job.queue.name === name);
      return queue ? [new BoardQueue(queue, { ...describe(summary, jobs), externalJobUrl: linkToApi })] : [];
    }),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'Orderflow',
        miscLinks: [{ text: 'Back to Orderflow', url: '/app/operations' }],
        // What BullMQ itself counts by the minute, in the script that ends a job.
        showMetrics: true,
      },
    },
  });
  const passOn = (error: Error): never => {
    throw error;
  };
  serverAdapter.setErrorHandler(passOn);
  // To Hono that is the page itself as well: named besides, it would count each request twice.
  app.use(`${base}/*`, inOrder(keepPrivate), admit, refuseLongPages, readBody, refuseWithoutRedis, withoutForeignFonts);
  for (const verb of ['pause', 'resume'] as const) {
    const decide = (c: HonoContext<RouteEnv>) => pauseFromBoard(c, verb === 'pause');
    app.put(`${base}/api/queues/${verb}`, decide).put(`${base}/api/queues/:queue/${verb}`, decide);
  }
  app.get(`${base}/api/queues`, offerOperatorsNothing);
  app.post(`${base}/api/queues/:queue/add`, refuseStrayJob);
  app.put(`${base}/api/queues/:queue/rate-limit`, refuseVainRate);
  app.put(`${base}/api/queues/:queue/concurrency`, refuseVainConcurrency);
  app.patch(`${base}/api/queues/:queue/job-schedulers/:schedule`, refuseSchedule);
  app.put(`${base}/api/queues/:queue/job-schedulers/:schedule/remove`, refuseSchedule);
  app.put(`${base}/api/queues/:queue/retry/failed`, retryAllFromBoard);
  app.put(`${base}/api/queues/:queue/:job/retry`, retryFromBoard);
  // The board brings a Hono of its own, which knows of no other's errors.
  const board = serverAdapter.registerPlugin().onError((error, c) => {
    throw boardProblem(error, isReading(c.req));
  });
  app.route(base, board);
}

/** The board's own would be a second switch, which MySQL knows nothing of. */
async function pauseFromBoard(c: HonoContext<RouteEnv>, isPaused: boolean): Promise<Response> {
  const name = c.req.param('queue');
  if (name !== undefined && !queueNames.has(name)) throw new Problem('not_found', 'There is no such queue.');
  const names = name === undefined ? [...queueNames] : [name];
  await pauseQueues(c.var.ctx, { names, isPaused, changedBy: principalOf(c).userId });
  return c.json({});
}

function linkToApi({ id }: Readonly<{ id?: string | number | null | undefined }>) {
  return { displayText: 'In the API', href: `/jobs/${encodeURIComponent(String(id ?? ''))}` };
}

/** A queue's text, and the schema that the form for adding a job checks against. */
function describe(summary: string, jobs: readonly Job[]) {
  const kinds = jobs.map((job) => `${job.kind}: ${job.summary}`);
  const schemas = jobs.map((job) => ({ title: job.kind, ...payloadSchema(job) }));
  return {
    description: [summary, ...kinds].join(' '),
    ...(schemas.length === 0 ? {} : { jobDataSchema: schemas.length === 1 ? { ...schemas[0] } : { anyOf: schemas } }),
  };
}

/** Operators may look, administrators may change; a browser without a login gets the form to log in with. */
const admit: MiddlewareHandler<RouteEnv> = async (c, next) => {
  const act = boardAct(c.req.method, c.req.path, queueNames);
  c.set('act', act);
  let end: End | void;
  try {
    end = await guard(isReading(c.req) ? 'operator' : 'admin', c.req)(c);
  } catch (error) {
    const isPageAsked = isReading(c.req) && (c.req.header('accept') ?? '').includes('text/html');
    const isRefused = error instanceof Problem && (error.code === 'unauthenticated' || error.code === 'forbidden');
    if (isPageAsked && isRefused) return loginPage(c, error.code === 'forbidden' ? 403 : 401);
    throw error;
  }
  const work = async () => {
    await next();
    return c.res.status;
  };
  try {
    await (isReading(c.req) ? work() : auditAround(c, work, () => standingOf(c.var.ctx.jobs, act)));
  } finally {
    if (end) end();
  }
  return undefined;
};

function isReading({ method }: Readonly<{ method: string }>): boolean {
  return method === 'GET' || method === 'HEAD';
}

const Listed = z.looseObject({ queues: z.array(z.looseObject({ name: z.string() })) });
// As the board itself says it of a queue that nobody may change.
const readOnly = { readOnlyMode: true, allowRetries: false, allowCompletedRetries: false };

/** By this list the board's page offers what can be done; whoever may only look would be refused each of it. */
const offerOperatorsNothing: MiddlewareHandler<RouteEnv> = async (c, next) => {
  await next();
  if (!c.res.ok || principalOf(c).role === 'admin') return;
  const list = Listed.parse(await c.res.json());
  c.res = c.json({ ...list, queues: list.queues.map((queue) => ({ ...queue, ...readOnly })) });
};

async function loginPage(c: HonoContext<RouteEnv>, status: 401 | 403): Promise<Response> {
  allowPage(c);
  return c.html(await readPage('login.html'), status);
}

/** Bodies are bounded here as everywhere, before the board reads them. */
const readBody: MiddlewareHandler<RouteEnv> = async (c, next) => {
  if (!isReading(c.req)) await readJsonBody(c, { isOptional: true });
  await next();
};

// BullMQ waits for ever for a Redis that has never answered.
const refuseWithoutRedis: MiddlewareHandler<RouteEnv> = async (c, next) => {
  if (c.req.path.startsWith(`${base}/api/`))
    await c.var.ctx.redis.ping().catch((cause: unknown) => {
      throw new Problem('unavailable', 'The queues cannot be read at the moment.', {
        cause,
        headers: { 'retry-after': '2' },
      });
    });
  return next();
};

const foreignFonts = /<link[^>]+https:\/\/fonts\.googleapis\.com[^>]*>/g;

/** The board's page names a font of another site; nothing here asks other sites for anything. */
const withoutForeignFonts: MiddlewareHandler<RouteEnv> = async (c, next) => {
  allowPage(c);
  await next();
  if (!c.res.headers.get('content-type')?.startsWith('text/html')) return;
  const page = await c.res.text();
  c.res = new Response(page.replaceAll(foreignFonts, ''), c.res);
};
