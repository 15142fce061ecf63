import type { Around, Check, End } from './route-env.ts';

/** One step of these, each around those after it: Hono's own steps cost several promises each, these next to nothing. */
export function nested(...steps: readonly [Around, ...Around[]]): Around {
  return steps.reduceRight((inner, step) => (c, next) => step(c, () => inner(c, next)));
}

/** One step that makes these checks, one after the other: a step of its own costs more than most checks do. */
export function inOrder(...checks: readonly Check[]): Around {
  return async (c, next) => {
    let ends: End[] | undefined;
    try {
      for (const check of checks) {
        const checked = check(c);
        const end = checked instanceof Promise ? await checked : checked;
        if (end) ends = [...(ends ?? []), end];
      }
      await next();
    } finally {
      for (const end of ends ?? []) end();
    }
  };
}
