import { z } from 'zod';
import { isCurrency } from './money.ts';

/** A currency by its three ISO 4217 letters, upper case. What has no unit, as gold, is none. */
export const Currency = z
  .string()
  .toUpperCase()
  .regex(/^[A-Z]{3}$/, { message: 'must be a currency such as USD', abort: true })
  .refine(isCurrency, 'must be a currency of ISO 4217 such as USD');
