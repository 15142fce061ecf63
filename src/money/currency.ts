import { z } from 'zod';
import { isCurrency } from './money.ts';

/** A currency by its three ISO 4217 letters, in upper case however it is written. What has no unit, as gold, is none. */
export const Currency = z
  .string()
  // First, for of letters that are not ASCII upper case makes some that are.
  .regex(/^[A-Za-z]{3}$/, { message: 'must be a currency such as USD', abort: true })
  .toUpperCase()
  .refine(isCurrency, 'must be a currency of ISO 4217 such as USD');
