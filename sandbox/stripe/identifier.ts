import { randomBytes } from 'node:crypto';

/** A new id in the gateway's style, e.g. `pi_…`. */
export function identifier(prefix: string): string {
  return `${prefix}_${randomBytes(18).toString('base64url').replaceAll(/[-_]/g, '0')}`;
}
