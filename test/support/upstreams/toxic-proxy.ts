import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openProxy, type Proxy } from './proxy.ts';

/** What is wrong with a way: TCP's own faults, so that no byte is ever lost or moved on a connection that lives. */
export type Toxics = Readonly<{
  /** How much later everything comes, and how much of it is by chance. */
  delayMs?: number;
  jitterMs?: number;
  /** Everything comes in pieces of so many bytes. */
  sliceBytes?: number;
  bytesPerSecond?: number;
  /** Nothing comes that way, until it is well again: to the server, or to the client. */
  closed?: 'up' | 'down' | 'both';
}>;

/** A TCP way to a server, well until it is told otherwise. */
export type ToxicProxy = Proxy &
  Readonly<{
    set(toxics: Toxics): void;
    /** Well again: what was held back comes. */
    clear(): void;
    /** Ends every connection; new ones may be made. */
    cut(): Promise<void>;
    /** On connections that there are now nothing comes that way any more, nor that an end has hung up; new ones are well. */
    silence(side: 'down' | 'both'): void;
  }>;

/** Opens the way to a server, which may be away; `random` decides what is by chance. */
export async function openToxicProxy(host: string, port: number, random: () => number): Promise<ToxicProxy> {
  let toxics: Toxics = {};
  let changed = Promise.withResolvers<void>();
  const set = (next: Toxics) => {
    toxics = next;
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const silenced = new WeakMap<Socket, 'down' | 'both'>();
  const carry = (from: Socket, to: Socket, side: 'up' | 'down') => {
    const isSilent = () => silenced.get(from) === side || silenced.get(from) === 'both';
    let last = Promise.resolve();
    const deliver = async (chunk: Buffer, dueMs: number) => {
      while (toxics.closed === side || toxics.closed === 'both') await changed.promise;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
      if (isSilent()) return;
      const { sliceBytes = chunk.length, bytesPerSecond } = toxics;
      for (let begin = 0; begin < chunk.length; begin += sliceBytes) {
        const piece = chunk.subarray(begin, begin + sliceBytes);
        // Each by itself on the wire.
        if (!to.destroyed) await new Promise<void>((resolve) => void to.write(piece, () => resolve()));
        if (bytesPerSecond) await sleep((piece.length * 1_000) / bytesPerSecond);
      }
    };
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      const { delayMs = 0, jitterMs = 0 } = toxics;
      const dueMs = performance.now() + delayMs + random() * jitterMs;
      last = last.then(() => deliver(chunk, dueMs));
    });
    from.on('close', () => void last.then(() => isSilent() || to.destroySoon()));
  };
  const open = new Set<Socket>();
  const proxy = await openProxy(host, port, (client, upstream) => {
    for (const socket of [client, upstream]) open.add(socket.once('close', () => open.delete(socket)));
    carry(client, upstream, 'up');
    carry(upstream, client, 'down');
  });
  const cut = async () => {
    await proxy.close();
    await proxy.open();
  };
  const silence = (side: 'down' | 'both') => open.forEach((socket) => void silenced.set(socket, side));
  return { ...proxy, set, clear: () => set({}), cut, silence };
}
