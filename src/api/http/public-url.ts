import type { Config } from '../../config.ts';

/**
 * Where callers find a path of ours, as `Location` says it: under PUBLIC_URL, path prefix included; where that is not set, by the
 * path alone, which is right at whatever address they have asked.
 */
export function publicUrlOf({ PUBLIC_URL, publicUrl }: Config, path: string): string {
  return PUBLIC_URL === undefined ? path : `${publicUrl}${path}`;
}
