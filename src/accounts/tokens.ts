import { hash } from 'node:crypto';

/** How a token or a key is kept at rest. What is random through and through needs no hash that is slow by design. */
export function hashToken(token: string): string {
  return hash('sha256', token);
}
