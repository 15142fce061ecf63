// Webhooks received: a server that believes what is signed, takes each event once, and answers at once. It asks for a webhook, sends
// itself a test, places an order, and ends when it has been told that the order is paid.
//
//   node examples/receive-webhooks.ts
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { verifyWebhook } from '../clients/typescript/src/webhooks.ts';
import { jobEnded, openApi, say } from './platform.ts';

/** What has been taken, by `webhook-id`: whoever runs this for long keeps it in a table, in the transaction of what follows from it. */
const taken = new Set<string>();
const paid = Promise.withResolvers<string>();
let secret = '';

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  try {
    const event = await verifyWebhook({ headers: request.headers, body, secret });
    if (!taken.has(event.id)) {
      taken.add(event.id);
      say(event.type);
      if (event.type === 'order.paid') paid.resolve(event.subject);
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
  const order = await api.placeOrder({ body: { products: [1, 2], total_amount: 100 } });
  const subject = await paid.promise;
  say(subject === order.id ? 'the order is paid' : 'another order is paid');
} finally {
  await api.deleteWebhook({ id: webhook.id });
  server.closeAllConnections();
  server.close();
}
