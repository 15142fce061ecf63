import { once } from 'node:events';
import { z } from 'zod';
import { until } from './process.ts';

const Targets = z.tuple([z.object({ webSocketDebuggerUrl: z.url() })]);
const Reply = z.object({ id: z.int().optional(), result: z.looseObject({}).optional() });
const HeapUsage = z.object({ usedSize: z.number() });

/** A process that runs with `--inspect`, seen through its inspector. */
export type Inspector = Readonly<{
  /** Bytes of the heap in use after everything that can be collected has been. */
  heapAfterCollection(): Promise<number>;
  close(): void;
}>;

/** Connects to the inspector on that port of this machine. */
export async function openInspector(port: number): Promise<Inspector> {
  const address = await until('the inspector', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/json`).catch(() => undefined);
    return answer && Targets.parse(await answer.json())[0].webSocketDebuggerUrl;
  });
  const socket = new WebSocket(address);
  await once(socket, 'open');
  let sent = 0;
  const ask = async (method: string) => {
    const id = (sent += 1);
    const answered = new Promise<z.output<typeof Reply>>((resolve) => {
      const hear = ({ data }: MessageEvent) => {
        const reply = Reply.parse(JSON.parse(String(data)));
        if (reply.id !== id) return;
        socket.removeEventListener('message', hear);
        resolve(reply);
      };
      socket.addEventListener('message', hear);
    });
    socket.send(JSON.stringify({ id, method }));
    return answered;
  };
  return {
    async heapAfterCollection() {
      // The second collection takes what finalizers of the first have let go.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
      return HeapUsage.parse((await ask('Runtime.getHeapUsage')).result).usedSize;
    },
    close: () => socket.close(),
  };
}
