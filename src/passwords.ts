import { hash, verify } from '@node-rs/argon2';

// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** A hash of nobody's password: verifying against it costs what a real one costs. */
const nobody = await hash('nobody knows this', cost);

/** The argon2id PHC string of a password. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password, cost);
}

/** Whether the password fits. Without a hash (no such account) the same work is done, and the answer is no. */
export async function isPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  const fits = await verify(passwordHash ?? nobody, password);
  return fits && passwordHash !== undefined;
}
