import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { parentPort, workerData } from 'node:worker_threads';

// Clients in a thread of their own: each sends a request on a new connection; in the end it is told how many were answered.
const { port, crowd, connected } = workerData;
const asked = Array.from({ length: crowd }, async () => {
  const client = connect(port, '127.0.0.1');
  client.write('GET /small HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  client.once('connect', () => {
    Atomics.add(connected, 0, 1);
    Atomics.notify(connected, 0);
  });
  return (await text(client).catch(() => '')).endsWith('small');
});
const answered = await Promise.all(asked);
parentPort.postMessage(answered.filter(Boolean).length);
