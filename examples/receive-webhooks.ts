// Webhooks received: a server that believes what is signed, takes each event once, and answers at once. It asks for a webhook, sends
// itself a test, places an order, and ends when it has been told that the order is paid.
//
//   node examples/receive-webhooks.ts
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { verifyWebhook } from '../clients/typescript/src/webhooks.ts';
import { jobEnded, openApi, say } from './platform.ts';

/** What has been taken, by `webhook-id`: whoever runs this for long keeps it in a table, in the transaction of what follows from it. */
const taken = new Set<string>();
/** The types of events that have come, by the order that they are about. */
const heard = new Map<string, string[]>();
const hearing = new EventEmitter();
let secret = '';

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  try {
    const event = await verifyWebhook({ headers: request.headers, body, secret });
    if (!taken.has(event.id)) {
      taken.add(event.id);
      heard.set(event.subject, [...(heard.get(event.subject) ?? []), event.type]);
      hearing.emit('event');
    }
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
}

const server = createServer((request, response) => void receive(request, response));
server.listen(0, 'localhost');
await once(server, 'listening');
const { port } = z.object({ port: z.int() }).parse(server.address());

const api = openApi();
const webhook = await api.createWebhook({
  body: { url: `http://localhost:${port}/hook`, types: ['order.created', 'order.paid'] },
});
secret = webhook.secret;
try {
  const { id: job } = await api.testWebhook({ id: webhook.id });
  await jobEnded(api, job);
  say([...heard.values()].flat().includes('webhook.test') ? 'the test has come' : 'the test has not come');
  const order = await api.placeOrder({ body: { products: [1, 2], total_amount: 100 } });
  while (!heard.get(order.id)?.includes('order.paid')) await once(hearing, 'event');
  for (const type of heard.get(order.id) ?? []) say(type);
} finally {
  await api.deleteWebhook({ id: webhook.id });
  server.closeAllConnections();
  server.close();
}
