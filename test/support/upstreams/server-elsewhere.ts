import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A server that goes on while the test's own process stands still. */
export type ServerElsewhere = Readonly<{
  url: string;
  /** Resolves when a request is held. */
  held: Promise<unknown>;
  /** Answers what is held, and cuts all streams off. */
  goOn(): void;
  close(): Promise<unknown>;
}>;

/** Starts one that holds what is posted, and streams to each who follows one event, numbered by the connection. */
export async function listenElsewhere(): Promise<ServerElsewhere> {
  const child = fork(new URL('server-elsewhere-main.ts', import.meta.url), { execArgv: [] });
  const [port] = await once(child, 'message');
  return {
    url: `http://127.0.0.1:${port}`,
    held: once(child, 'message'),
    goOn: () => void child.send('go on'),
    async close() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
