import { once } from 'node:events';
import type { Server } from 'node:http';
import { CannotStart } from './errors.ts';

/** Where a server shall listen, and the variables that say so. */
export type Address = Readonly<{ port: number; host: string; portName: string; hostName: string }>;

/** Lets a server listen, and answers it when it does. @throws CannotStart with what to choose instead. */
export async function listen(server: Server, { port, host, portName, hostName }: Address): Promise<Server> {
  try {
    await once(server.listen(port, host), 'listening');
    return server;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const where = `port ${port} of ${host}`;
    if (code === 'EADDRINUSE')
      throw new CannotStart(`Another program listens on ${where}; end it, or set ${portName} to a free port.`);
    if (code === 'EACCES')
      throw new CannotStart(`This user may not listen on ${where}; set ${portName} to a port above 1023.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      throw new CannotStart(`This machine has no address ${host}; set ${hostName} to one that it has.`);
    throw error;
  }
}
