import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { listen } from './local-server.ts';

const Event = z.object({ id: z.string(), type: z.string(), version: z.int(), subject: z.string() });

/** What has come to a path, and what it was answered; 0: nothing. */
export type Arrival = z.output<typeof Event> &
  Readonly<{ status: number; body: string; headers: Readonly<Record<string, string>> }>;

/** What a path answers to the next arrival: a status; `hang`: nothing, ever; `cut`: the connection's end. */
export type Behaviour = (arrival: z.output<typeof Event>) => number | 'hang' | 'cut' | Promise<number>;

/** A receiver of webhooks: each path of it is an endpoint. */
export type Receiver = Readonly<{
  urlOf(path: string): string;
  arrivals(path: string): readonly Arrival[];
  /** How many events it has answered with 204, counted as they come: there may be many. */
  taken(path: string): number;
  /** Has a path answer so from now on; 204 unless told otherwise. */
  behave(path: string, behaviour: Behaviour): void;
  close(): Promise<void>;
}>;

/** Starts it on a free port of localhost. */
export async function startReceiver(): Promise<Receiver> {
  const behaviours = new Map<string, Behaviour>();
  const arrived = new Map<string, Arrival[]>();
  const taken = new Map<string, Set<string>>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const event = Event.parse(JSON.parse(body));
    const status = await (behaviours.get(path) ?? (() => 204))(event);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const own = arrived.get(path) ?? [];
    arrived.set(path, own);
    own.push({ ...event, status: typeof status === 'number' ? status : 0, body, headers });
    if (status === 204) taken.set(path, (taken.get(path) ?? new Set()).add(event.id));
    if (status === 'cut') request.socket.destroy();
    else if (status !== 'hang') response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  };
  const server = await listen((request, response) => void answer(request, response).catch(() => response.destroy()));
  const { port } = new URL(server.url);
  return {
    urlOf: (path) => `http://localhost:${port}${path}`,
    arrivals: (path) => arrived.get(path) ?? [],
    taken: (path) => taken.get(path)?.size ?? 0,
    behave: (path, behaviour) => void behaviours.set(path, behaviour),
    close: server.close,
  };
}

/** What the convention's own library makes of an arrival. @throws when it was not signed with this secret */
export function verified({ body, headers }: Arrival, secret: string): unknown {
  return new Webhook(secret).verify(body, headers);
}

/**
 * Where an event came before the one of its subject that goes before it had been taken; versions begin at `first`. Arrivals are looked at
 * in the order in which they were answered.
 */
export function outOfOrder(arrivals: readonly Arrival[], first = 1): string[] {
  const taken = new Map<string, number>();
  return arrivals.flatMap(({ subject, version, status }) => {
    const last = taken.get(subject) ?? first - 1;
    if (status >= 200 && status < 300) taken.set(subject, Math.max(last, version));
    return version > last + 1 ? [`${subject}: ${version} after ${last}`] : [];
  });
}
