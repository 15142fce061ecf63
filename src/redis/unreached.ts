import type { Unreached } from '../process/finding.ts';

const isRefusal = /\b(WRONGPASS|NOAUTH|NOPERM)\b|invalid password/;
const isOfTls = /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_)/;
// What Node says where the other side hangs up on the first word of TLS.
const isHungUpOnTls = /before secure TLS connection was established/;

/** Why Redis cannot be used, by the error that said so, and by whether it was spoken to by TLS. */
export function whyRedisUnreached(error: unknown, isByTls: boolean): Unreached {
  const remedy = 'start it, or correct the variables that begin with REDIS_';
  if (!(error instanceof Error)) return { kind: 'away', fault: String(error), remedy };
  // Of a cluster, what the last of its nodes has said.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error)
    return whyRedisUnreached(error.lastNodeError, isByTls);
  const code = 'code' in error ? String(error.code) : '';
  if (isRefusal.test(error.message))
    return {
      kind: 'refused',
      fault: `Redis does not let this login in (${error.message})`,
      remedy: 'correct REDIS_USER and REDIS_PASSWORD',
    };
  if (isOfTls.test(code) || isHungUpOnTls.test(error.message))
    return {
      kind: 'tls',
      fault: `Redis does not speak TLS as REDIS_TLS wants it (${code})`,
      remedy:
        'name the file of the certificate that signs its own in REDIS_TLS, or unset it where the server speaks none',
    };
  const isDropped = code === 'ECONNRESET' && !isByTls;
  return {
    kind: 'away',
    fault: `Redis does not answer (${code || error.message})`,
    remedy: isDropped ? `${remedy}, or set REDIS_TLS, if it speaks TLS only` : remedy,
  };
}
