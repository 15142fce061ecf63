import type { ProblemCode } from '../problem-codes.ts';

/**
 * What is written down although nothing changes, and not for ever, because strangers cause it: somebody tried what only others may, or
 * gave a wrong password, or another site sent a write with somebody's cookie.
 */
export const auditedRefusals: readonly ProblemCode[] = [
  'forbidden',
  'insufficient_scope',
  'bad_credentials',
  'bad_code',
  'foreign_origin',
];

/** So are logins that are refused because there were too many. */
export const refusedLogin = { code: 'too_many_requests', action: 'login' } as const;
