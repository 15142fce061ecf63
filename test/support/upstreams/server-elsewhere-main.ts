import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

const held: ServerResponse[] = [];
const streams: ServerResponse[] = [];
const server = createServer((request, response) => {
  if (request.method === 'POST') {
    held.push(response);
    process.send?.('held');
    return;
  }
  const id = streams.push(response);
  const data = JSON.stringify({ id: String(id), type: 'order.paid' });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`retry: 1\n\nid: ${id}-0\nevent: order.paid\ndata: ${data}\n\n`);
});
process.on('message', () => {
  for (const response of held.splice(0)) response.end();
  for (const response of streams) response.destroy();
});
// Its parent has ended, or needs it no longer.
process.once('disconnect', () => process.exit());
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
process.send?.(typeof address === 'object' ? address?.port : undefined);
