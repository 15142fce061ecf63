import { z } from 'zod';

/** A currency by its three ISO 4217 letters, upper case. */
export const Currency = z
  .string()
  .toUpperCase()
  .regex(/^[A-Z]{3}$/, 'must be a currency such as USD');
