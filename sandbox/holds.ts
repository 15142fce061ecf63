import { z } from 'zod';
import { type Target, targets } from './answer.ts';

/** Which requests to hold: all of a target, or those whose path and query contain `path`. */
export const HoldRequest = z.strictObject({
  target: z.enum(targets),
  path: z.string().optional(),
  /** Before it is executed, or after that and before its answer. */
  phase: z.enum(['before', 'after']).default('after'),
});

/** Requests stopped at a chosen point until they are let go, so that a test can kill their caller there. */
export interface Holds {
  hold(request: z.infer<typeof HoldRequest>): void;
  /** Lets go what is held, and holds no more. */
  release(): void;
  held(): number;
  /** Returns when this request may go on. */
  pass(phase: 'before' | 'after', target: Target, path: string): Promise<void>;
}

/** Opens with nothing held. */
export function createHolds(): Holds {
  let holds: z.infer<typeof HoldRequest>[] = [];
  let waiting: (() => void)[] = [];
  return {
    hold: (request) => void holds.push(request),
    release() {
      holds = [];
      for (const go of waiting) go();
      waiting = [];
    },
    held: () => waiting.length,
    async pass(phase, target, path) {
      const isHeld = holds.some((hold) => {
        return hold.phase === phase && hold.target === target && path.includes(hold.path ?? '');
      });
      if (isHeld) await new Promise<void>((go) => waiting.push(go));
    },
  };
}
