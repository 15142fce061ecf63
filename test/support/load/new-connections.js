import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { workerData } from 'node:worker_threads';

// Clients in a thread of their own: each sends a request on a new connection; `counts` tells how many are connected, and in
// the end how many were answered.
const { port, crowd, counts } = workerData;
const asked = Array.from({ length: crowd }, async () => {
  const client = connect(port, '127.0.0.1');
  client.write('GET /small HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  client.once('connect', () => {
    Atomics.add(counts, 0, 1);
    Atomics.notify(counts, 0);
  });
  return (await text(client).catch(() => '')).endsWith('small');
});
Atomics.store(counts, 1, (await Promise.all(asked)).filter(Boolean).length);
