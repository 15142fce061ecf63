import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A mail server of a test's own, that answers as it is told. */
export type MailServer = Readonly<{ url: string; heard: readonly string[]; close(): Promise<void> }>;

/** Starts it; `answer` says what each line is answered with, the greeting is for the empty line; undefined says nothing. */
export async function startMailServer(answer: (line: string) => string | undefined): Promise<MailServer> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const say = (line: string) => {
      const said = answer(line);
      if (said !== undefined) socket.write(`${said}\r\n`);
    };
    say('');
    socket
      .on('error', () => {})
      .on('data', (part) => {
        for (const line of String(part).split('\r\n').filter(Boolean)) {
          heard.push(line);
          say(line);
        }
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    heard,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
