import type { IncomingMessage } from 'node:http';

/** The request as the server has it; one that came over no socket has none. */
export function incomingOf(env: unknown): IncomingMessage | undefined {
  return typeof env === 'object' && env !== null && 'incoming' in env && isIncoming(env.incoming)
    ? env.incoming
    : undefined;
}

function isIncoming(value: unknown): value is IncomingMessage {
  return typeof value === 'object' && value !== null && 'rawHeaders' in value && 'method' in value;
}

/** An answer by HTTP/1.0 ends where its connection does: that it is not whole is seen only where the connection is reset. */
export function resetOldest(incoming: IncomingMessage | undefined): void {
  if (incoming?.httpVersion === '1.0') incoming.socket.resetAndDestroy();
}
