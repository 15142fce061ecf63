import { isCurrency } from '../../../src/money/money.ts';

/** The currencies that amounts can be in, as far as this browser knows them. */
export const currencies: readonly string[] = Intl.supportedValuesOf('currency').filter(isCurrency);
