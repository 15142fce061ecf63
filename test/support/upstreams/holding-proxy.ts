import { openProxy } from './proxy.ts';

/** What to hold: the first chunk from a client that matches `on`, on a connection that has said `after` before. */
export type Trap = Readonly<{
  after?: RegExp;
  on: RegExp;
  /** Before the server gets it, or what the server answers to it. */
  side: 'request' | 'answer';
}>;

/** A TCP proxy that stops one connection at a chosen byte, so that a test can kill whoever is at either end of it. */
export type HoldingProxy = Readonly<{
  port: number;
  set(trap: Trap): void;
  isHolding(): boolean;
  /** Takes the trap away and lets go what is held, where both ends still live. */
  release(): void;
  close(): Promise<void>;
}>;

type Held = { upward: Buffer[]; downward: Buffer[]; isOnlyDownward: boolean };

/** Opens the proxy in front of a server, which may be away. */
export async function openHoldingProxy(host: string, port: number): Promise<HoldingProxy> {
  let trap: Trap | undefined;
  let letGo: (() => void) | undefined;
  const proxy = await openProxy(host, port, (client, upstream) => {
    let held: Held | undefined;
    let primed: Trap | undefined;
    for (const socket of [client, upstream]) socket.setNoDelay(true);
    const hold = (isOnlyDownward: boolean) => {
      held = { upward: [], downward: [], isOnlyDownward };
      letGo = () => {
        for (const chunk of held?.upward ?? []) upstream.write(chunk);
        for (const chunk of held?.downward ?? []) client.write(chunk);
        held = undefined;
      };
    };
    // Who has been killed says nothing more: what is held of theirs never arrives.
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (trap && !letGo && (!trap.after || primed === trap) && trap.on.test(text)) hold(trap.side === 'answer');
      if (trap?.after?.test(text)) primed = trap;
      if (held && !held.isOnlyDownward) held.upward.push(chunk);
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (held) held.downward.push(chunk);
      else client.write(chunk);
    });
  });
  return {
    ...proxy,
    set: (next) => {
      trap = next;
    },
    isHolding: () => letGo !== undefined,
    release() {
      trap = undefined;
      letGo?.();
      letGo = undefined;
    },
  };
}
