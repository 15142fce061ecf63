import { once } from 'node:events';
import { connect } from 'node:net';
import { workerData } from 'node:worker_threads';

// A client in a thread of its own, which asks twice on one connection, the second time when it is told to. `counts`: the first is how far
// it is (1: answered once, 2: told to go on, 3: sent), the second how many answers it has had.
const { port, counts } = workerData;
const client = connect(port, '127.0.0.1').on('error', () => {});
const request = 'GET /small HTTP/1.1\r\nhost: x\r\n\r\n';
client.write(request);
await once(client, 'data');
Atomics.add(counts, 1, 1);
Atomics.store(counts, 0, 1);
Atomics.wait(counts, 0, 1);
client.write(request, () => {
  Atomics.store(counts, 0, 3);
  Atomics.notify(counts, 0);
});
client.once('data', () => Atomics.add(counts, 1, 1));
await once(client, 'close');
