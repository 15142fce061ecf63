import { WatchedSymbol } from '../entities/watched-symbol.entity.ts';
import type { Transaction } from '../transaction.ts';
import { slotBegan } from './slots.ts';

/** A poll's right to call: when it was before, and from when on it is taken. */
export type Claim = Readonly<{ symbol: string; before: Date | null; at: Date }>;

/**
 * Takes the one call that polling may make for a symbol in the slot that lasts; undefined when it has been made, may be
 * under way, or was lost with its process, and when the symbol is no longer watched. It is committed before the call, so that
 * neither a job that runs twice nor a lost Redis makes a second.
 */
export async function claimPoll(transaction: Transaction, symbol: string, at: Date): Promise<Claim | undefined> {
  return transaction(async (tx) => {
    const watched = await tx.findOne(WatchedSymbol, { symbol }, { disableIdentityMap: true });
    if (!watched) return undefined;
    const before = watched.polledAt ?? null;
    if (before && before.getTime() >= slotBegan(watched, at.getTime())) return undefined;
    const taken = await tx.nativeUpdate(WatchedSymbol, { symbol, polledAt: before }, { polledAt: at });
    return taken === 1 ? { symbol, before, at } : undefined;
  });
}

/** Gives a claim back with which no call was made. */
export async function returnClaim(transaction: Transaction, { symbol, before, at }: Claim): Promise<void> {
  await transaction((tx) => tx.nativeUpdate(WatchedSymbol, { symbol, polledAt: at }, { polledAt: before }));
}
