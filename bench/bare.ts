import { createServer } from 'node:http';

// The least that Node can do for a request: a body that is ready, sent. What a cached quote is compared with.
const [port, body = ''] = process.argv.slice(2);
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
}).listen(Number(port), '127.0.0.1');
