import type { Socket } from 'node:net';

// In the time after which a server counts as silent. A standstill of our own, however long, is one of them.
const looks = 5;

/**
 * Calls `drop` when something was written to a socket that is connected, and nothing has come back for `silentMs`, or a fifth longer. The
 * wait ends with the socket. ioredis has such a time-out of its own, which outlives its connection and then cuts the one that has taken
 * its place.
 */
export function watchSilence(socket: Socket, silentMs: number, drop: () => void): void {
  let answered = socket.bytesWritten;
  let unanswered = 0;
  const looking = setInterval(() => {
    unanswered = socket.bytesWritten === answered ? 0 : unanswered + 1;
    if (unanswered > looks) drop();
  }, silentMs / looks);
  // Whoever hears an answer writes only after this. One answer counts for all that was asked: what else is asked there, or of the same
  // server elsewhere, tells whether the others come.
  socket.on('data', () => {
    answered = socket.bytesWritten;
    unanswered = 0;
  });
  socket.once('close', () => clearInterval(looking));
}
