import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type Answer, json, targets, text } from '../answer.ts';
import type { Arrivals } from '../arrivals.ts';
import { FaultRequest, type Faults } from '../faults.ts';
import type { Market } from '../finnhub/market.ts';
import { PastRequest, pastPrices } from '../finnhub/past-prices.ts';
import type { TradeSocket } from '../finnhub/socket/trade-socket.ts';
import { HoldRequest, type Holds } from '../holds.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import type { Stripe } from '../stripe/stripe.ts';
import { listen, readBody, send } from '../upstream.ts';
import { answerOfStep } from './authentication.ts';
import { answerOfDashboard } from './dashboard.ts';
import { parsed, refused } from './parsed.ts';
import { statusOf } from './status.ts';

const page = readFileSync(new URL('./page.html', import.meta.url), 'utf8');
const TargetName = z.enum(targets);

/** What the control URL looks into and turns. */
export interface ControlParts {
  readonly arrivals: Arrivals;
  readonly faults: Faults;
  readonly holds: Holds;
  readonly mailbox: Mailbox;
  readonly stripe: Stripe;
  readonly socket: TradeSocket;
  readonly past: Market;
  readonly windowMs: number;
  /** Where the live page is; undefined when nobody listens to payment events. */
  readonly page: string | undefined;
}

/** Opens the control URL: the page with the switches, and the same for tests. Resolves with its port. */
export function openControl(port: number, parts: ControlParts): Promise<number> {
  return listen(port, async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const body = await readBody(request);
    const what = `${request.method} ${url.pathname}`;
    send(response, refusal(request) ?? (await answer(parts, what, url.searchParams, body)));
  });
}

const ownHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/** What a page of another site could send from a browser on this machine is not done. */
function refusal({ method, headers }: IncomingMessage): Answer | undefined {
  const { host = '', origin, 'content-type': type = '' } = headers;
  if (!ownHost.test(host) || (origin !== undefined && origin !== `http://${host}`))
    return json(403, { error: 'The switches are for this machine and their own page.' });
  if (method === 'POST' && !/^application\/json\s*(?:;|$)/i.test(type))
    return json(415, { error: 'Send application/json.' });
  return undefined;
}

async function answer(parts: ControlParts, what: string, query: URLSearchParams, body: string): Promise<Answer> {
  const { arrivals, faults, holds, mailbox, socket, stripe } = parts;
  const further = (await answerOfStep(stripe, what, body)) ?? (await answerOfDashboard(stripe.dashboard, what, body));
  const elsewhere = further ?? answerOfSocket(socket, what);
  if (elsewhere) return elsewhere;
  switch (what) {
    case 'GET /healthz':
      return json(200, { status: 'ok' });
    case 'GET /':
      return text(200, 'text/html', page);
    case 'GET /status':
      return json(200, await statusOf(parts));
    case 'GET /ledger':
      return json(200, await stripe.ledger());
    case 'GET /mails':
      return json(200, mailbox.list());
    case 'GET /arrivals': {
      const target = TargetName.safeParse(query.get('target'));
      return target.success ? json(200, arrivals.of(target.data)) : refused(target.error);
    }
    case 'GET /prices': {
      const asked = PastRequest.safeParse(Object.fromEntries(query));
      return asked.success ? json(200, pastPrices(parts.past, asked.data)) : refused(asked.error);
    }
    case 'GET /faults':
      return json(200, faults.active());
    case 'POST /faults':
      return parsed(FaultRequest, body, (fault) => {
        faults.set(fault);
        return json(201, fault);
      });
    case 'DELETE /faults':
      faults.clear(query.get('target') ?? undefined, query.get('kind') ?? undefined);
      return json(200, faults.active());
    case 'POST /hold':
      return parsed(HoldRequest, body, (hold) => {
        holds.hold(hold);
        return json(201, hold);
      });
    case 'DELETE /hold':
      holds.release();
      return json(200, { held: holds.held() });
    case 'GET /held':
      return json(200, { held: holds.held() });
    default:
      return json(404, { error: `There is no ${what} here.` });
  }
}

/** What was sent over the socket of trades, and to whom. */
function answerOfSocket({ log, cut }: TradeSocket, what: string): Answer | undefined {
  switch (what) {
    case 'GET /trades':
      return json(200, log.trades());
    case 'GET /sockets':
      return json(200, log.connections());
    case 'POST /sockets/cut':
      return json(200, { cut: cut() });
    default:
      return undefined;
  }
}
