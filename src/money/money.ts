// ISO 4217, list one, with what amendments since 2024 have added; what they have withdrawn may stand in older rows. Codes
// without a unit of their own (gold, drawing rights, tests, none) are no money and are left out.
const byDecimals: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
    NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const decimalsByCode: ReadonlyMap<string, number> = new Map(
  Object.entries(byDecimals).flatMap(([decimals, codes]) => codes.split(/\s+/).map((code) => [code, Number(decimals)])),
);

/** The currencies whose amounts have other than two decimals, by how many these are. */
export const oddlyDivided: ReadonlyMap<number, readonly string[]> = new Map(
  Object.entries(byDecimals).flatMap(([decimals, codes]) =>
    decimals === '2' ? [] : [[Number(decimals), codes.split(/\s+/)]],
  ),
);

/** Whether it is the code of a currency that amounts can be in, upper case. */
export function isCurrency(code: string): boolean {
  return decimalsByCode.has(code);
}

/**
 * How many decimals a currency's amounts have by ISO 4217, whatever the platform's display data say: 2 for USD and HUF, 0
 * for JPY. What is no currency is refused where it enters; a row from before that is shown with two.
 */
export function decimalsOf(currency: string): number {
  return decimalsByCode.get(currency) ?? 2;
}

/** The largest amount, in minor units: up to it a JSON number of major units shows every one exactly. */
export const mostMinor = 1_000_000_000_000_000;

/** The largest price, in minor units: 1,000 pieces of it, the most that a line has, are still no more than the largest amount. */
export const mostPriceMinor = 1_000_000_000_000;

/** Minor units as the JSON number of major units that people read: 24550 USD cents become 245.5. */
export function toMajor(minor: number, currency: string): number {
  const decimals = decimalsOf(currency);
  const digits = String(minor).padStart(decimals + 1, '0');
  return Number(decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`);
}

/**
 * A JSON number of major units as integer minor units, or undefined when it has more decimals than the currency or is
 * too large to be exact. Works on the number's decimal text: no arithmetic on fractions.
 */
export function toMinor(major: number, currency: string): number | undefined {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(String(major));
  const decimals = decimalsOf(currency);
  if (!match || (match[2] ?? '').length > decimals) return undefined;
  const minor = Number(`${match[1]}${(match[2] ?? '').padEnd(decimals, '0')}`);
  return minor <= mostMinor ? minor : undefined;
}
