import type { Context as HonoContext } from 'hono';
import type { Delivery, Subscription } from '../../streams/subscription.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import type { TickSubscription, TickFollower } from '../callers/tick-followers.ts';
import { tickFrame } from './tick-frame.ts';

// Proxies and load balancers end a connection that is silent for half a minute or more.
const heartbeatMs = 15_000;
const longestOpeningMs = 2_000;

/**
 * Answers with server-sent events until the subscription or the client ends it. Frames are made as the client takes
 * them, so nothing piles up here. A frame of `id:` alone moves a client past events that were not for it.
 */
export async function answerEvents(
  c: HonoContext<RouteEnv>,
  subscribe: () => Subscription,
  look?: () => Promise<TickSubscription>,
): Promise<Response> {
  c.header('content-type', 'text/event-stream; charset=utf-8');
  c.header('cache-control', 'no-cache, no-transform');
  c.header('x-accel-buffering', 'no');
  if (c.req.method === 'HEAD') return c.body(null, 200);
  const subscription = subscribe();
  // Who has the head of the answer may rely on it: what happens from then on will come.
  await subscription.opened(longestOpeningMs);
  const looking = await look?.();
  const close = () => {
    subscription.close();
    looking?.close();
  };
  return c.body(streamOf(framesOf(subscription, looking?.ticks), close), 200);
}

function streamOf(frames: AsyncGenerator<string, void>, close: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isCancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const frame = await frames.next();
        if (isCancelled) return;
        if (frame.done) {
          close();
          controller.close();
        } else controller.enqueue(encoder.encode(frame.value));
      },
      cancel() {
        isCancelled = true;
        close();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* framesOf(subscription: Subscription, ticks: TickFollower | undefined): AsyncGenerator<string, void> {
  let told = subscription.position;
  // Clients of a process that ends come back one by one, not all at once.
  yield `retry: ${1_000 + Math.floor(Math.random() * 2_000)}\n${told === undefined ? '' : `id: ${told}\n`}\n`;
  const next = eitherOf(subscription, ticks);
  for (;;) {
    const deliveries = await next();
    if (deliveries === 'ticks') {
      const frames = ticks?.take().map(tickFrame) ?? [];
      if (frames.length > 0) yield frames.join('');
      continue;
    }
    if (deliveries === undefined) return;
    if (deliveries.length > 0) {
      told = lastIdOf(deliveries) ?? told;
      yield deliveries.map(frameOf).join('');
      continue;
    }
    const { position } = subscription;
    yield position === undefined || position === told ? ':\n\n' : `:\nid: ${position}\n\n`;
    told = position;
  }
}

type Come = Awaited<ReturnType<Subscription['take']>> | 'ticks';

/**
 * What comes next, of events or of ticks: an event that is waited for is not lost because a tick came before it. The two are not
 * raced: whoever waits for a tick for hours would keep every event that comes meanwhile.
 */
function eitherOf(subscription: Subscription, ticks: TickFollower | undefined): () => Promise<Come> {
  const come: Promise<Come>[] = [];
  let wake = () => {};
  const waitFor = (what: Promise<Come>) => {
    const note = () => {
      come.push(what);
      wake();
    };
    what.then(note, note);
  };
  let [isTaking, isArriving] = [false, ticks === undefined];
  return async () => {
    if (!isTaking) waitFor(subscription.take(heartbeatMs));
    if (!isArriving && ticks) waitFor(ticks.arrival());
    [isTaking, isArriving] = [true, true];
    if (come.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const next = await come.shift();
    if (next === 'ticks') isArriving = false;
    else isTaking = false;
    return next;
  };
}

function lastIdOf(deliveries: readonly Delivery[]): string | undefined {
  return deliveries.flatMap((delivery) => (delivery.kind === 'event' ? [delivery.entry.id] : [])).at(-1);
}

function frameOf(delivery: Delivery): string {
  if (delivery.kind === 'gap') return `event: gap\ndata: ${JSON.stringify({ reason: delivery.why })}\n\n`;
  if (delivery.kind === 'bye') return 'event: bye\ndata: {}\n\n';
  const { id, type, json } = delivery.entry;
  return `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`;
}
