import type { Socket } from 'node:net';

// In the time after which a server counts as silent. A standstill of our own, however long, is one of them.
const looks = 5;

/** What had been written to a socket when it was last heard, and in how many looks since then nothing more was. */
type Wait = { heardAt: number; unanswered: number };

/**
 * Watches sockets that are connected, and calls `drop` with one to which something was written, when nothing has come back for `silentMs`,
 * or a fifth longer. The wait ends with the socket. ioredis has such a time-out of its own, which outlives its connection and then cuts the
 * one that has taken its place.
 */
export function openSilence(silentMs: number, drop: (socket: Socket) => void): (socket: Socket) => void {
  const waits = new Map<Socket, Wait>();
  let looking: NodeJS.Timeout | undefined;
  const look = () => {
    for (const [socket, wait] of waits) {
      wait.unanswered = socket.bytesWritten === wait.heardAt ? 0 : wait.unanswered + 1;
      if (wait.unanswered > looks) drop(socket);
    }
  };
  return (socket) => {
    const wait: Wait = { heardAt: socket.bytesWritten, unanswered: 0 };
    waits.set(socket, wait);
    // One for all: an idle process is woken by each.
    looking ??= setInterval(look, silentMs / looks);
    // Whoever hears an answer writes only after this. One answer counts for all that was asked: what else is asked there, or of the same
    // server elsewhere, tells whether the others come.
    socket.on('data', () => {
      wait.heardAt = socket.bytesWritten;
      wait.unanswered = 0;
    });
    socket.once('close', () => {
      waits.delete(socket);
      if (waits.size > 0) return;
      clearInterval(looking);
      looking = undefined;
    });
  };
}
