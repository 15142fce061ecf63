import { badParameter } from './stripe-error.ts';

// What the gateway's documentation says of its currencies, for charges.
const taken = new Set(
  `usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny cop
  crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes
  kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd
  omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd
  tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw`.split(/\s+/),
);
const zeroDecimal = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
// An amount in one of these has to be divisible by so much.
const divisors: Readonly<Record<string, number>> = { isk: 100, ugx: 100, bhd: 10, jod: 10, kwd: 10, omr: 10, tnd: 10 };
const smallest: Readonly<Record<string, string>> = {
  30: 'gbp',
  50: 'usd ars aud brl cad chf cop eur idr ils inr jpy krw nzd php rub sgd zar',
  100: 'bgn',
  200: 'aed myr pln ron',
  250: 'dkk',
  300: 'sek nok',
  400: 'hkd',
  1000: 'mxn thb',
  1500: 'czk',
  17500: 'huf',
};
const leastOf: ReadonlyMap<string, number> = new Map(
  Object.entries(smallest).flatMap(([amount, codes]) => codes.split(' ').map((code) => [code, Number(amount)])),
);
const largest = 99_999_999;
const largestOf: Readonly<Record<string, number>> = { idr: 999_999_999_999, cop: 9_999_999_999, inr: 999_999_999 };

/** The currency of a charge, in the gateway's small letters. @throws Refusal when it is none that is taken. */
export function readCurrency(given: string | undefined): string {
  const currency = given?.toLowerCase();
  if (currency === undefined) throw badParameter('currency', 'parameter_missing', 'Missing required param: currency.');
  if (!taken.has(currency)) throw badParameter('currency', 'invalid_currency', `Invalid currency: ${currency}`);
  return currency;
}

/** Refuses what is no amount of a currency to the gateway. */
export function refuseOddAmount(amount: number, currency: string): void {
  if (amount < 1)
    throw badParameter('amount', 'parameter_invalid_integer', 'This value must be greater than or equal to 1.');
  const divisor = divisors[currency] ?? 1;
  if (amount % divisor !== 0) {
    const message = `Amounts in ${currency} must be divisible by ${divisor}.`;
    throw badParameter('amount', 'parameter_invalid_integer', message);
  }
}

/** Refuses what is too little or too much to be charged. */
export function refuseUncharged(amount: number, currency: string): void {
  refuseOddAmount(amount, currency);
  const least = leastOf.get(currency) ?? 1;
  if (amount < least)
    throw badParameter('amount', 'amount_too_small', `Amount must be at least ${written(least, currency)}.`);
  const most = largestOf[currency] ?? largest;
  if (amount > most)
    throw badParameter('amount', 'amount_too_large', `Amount must be no more than ${written(most, currency)}.`);
}

/** An amount in the gateway's unit as people read it. */
export function written(amount: number, currency: string): string {
  const decimals = zeroDecimal.has(currency) ? 0 : divisors[currency] === 10 ? 3 : 2;
  return `${(amount / 10 ** decimals).toFixed(decimals)} ${currency.toUpperCase()}`;
}
