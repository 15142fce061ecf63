import { once } from 'node:events';
import { z } from 'zod';
import { type TestProcess, until } from './process.ts';

const Targets = z.tuple([z.object({ webSocketDebuggerUrl: z.url() })]);
const Reply = z.object({ id: z.int().optional(), result: z.looseObject({}).optional() });
const HeapUsage = z.object({ usedSize: z.number() });

/** A process that runs with `--inspect`, seen through its inspector. */
export type Inspector = Readonly<{
  /** Bytes of the heap in use after everything that can be collected has been. */
  heapAfterCollection(): Promise<number>;
  /** Has it run a script; resolves when that has ended. @throws when the script did. */
  run(script: string): Promise<void>;
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
  const ask = async (method: string, params: object = {}) => {
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
    socket.send(JSON.stringify({ id, method, params }));
    return answered;
  };
  return {
    async heapAfterCollection() {
      // The second collection takes what finalizers of the first have let go.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
      return HeapUsage.parse((await ask('Runtime.getHeapUsage')).result).usedSize;
    },
    async run(expression) {
      const { result } = await ask('Runtime.evaluate', { expression });
      if (result?.['exceptionDetails']) throw new Error(`the script failed: ${JSON.stringify(result)}`);
    },
    close: () => socket.close(),
  };
}

/** Where the inspector of a process is that was started with `--inspect=127.0.0.1:0`. */
export async function inspectorPort(some: TestProcess | undefined): Promise<number> {
  const port = await until(
    'it says where its inspector is',
    () => /^Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//m.exec(some?.output() ?? '')?.[1],
  );
  return Number(port);
}
