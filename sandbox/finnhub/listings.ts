/** Something the sandbox has prices for. */
export interface Listing {
  readonly symbol: string;
  readonly name: string;
  /** Around which the price wanders. */
  readonly price: number;
  readonly type: 'Common Stock' | 'Crypto';
  readonly exchange: string;
  readonly industry: string;
  readonly ipo: string;
  /** In millions. */
  readonly shares: number;
  readonly website: string;
}

const nasdaq = 'NASDAQ NMS - GLOBAL MARKET';
const nyse = 'NEW YORK STOCK EXCHANGE, INC.';

const stocks: readonly (readonly [string, string, number, string, string, string, number, string])[] = [
  ['AAPL', 'Apple Inc', 300, nasdaq, 'Technology', '1980-12-12', 14_687, 'apple.com'],
  ['MSFT', 'Microsoft Corp', 470, nasdaq, 'Technology', '1986-03-13', 7_430, 'microsoft.com'],
  ['GOOGL', 'Alphabet Inc', 310, nasdaq, 'Media', '2004-08-19', 12_100, 'abc.xyz'],
  ['AMZN', 'Amazon.com Inc', 235, nasdaq, 'Retail', '1997-05-15', 10_650, 'amazon.com'],
  ['NVDA', 'NVIDIA Corp', 190, nasdaq, 'Semiconductors', '1999-01-22', 24_300, 'nvidia.com'],
  ['TSLA', 'Tesla Inc', 420, nasdaq, 'Automobiles', '2010-06-29', 3_230, 'tesla.com'],
  ['META', 'Meta Platforms Inc', 640, nasdaq, 'Media', '2012-05-18', 2_520, 'meta.com'],
  ['NFLX', 'Netflix Inc', 112, nasdaq, 'Media', '2002-05-23', 4_240, 'netflix.com'],
  ['AMD', 'Advanced Micro Devices Inc', 215, nasdaq, 'Semiconductors', '1972-09-27', 1_620, 'amd.com'],
  ['INTC', 'Intel Corp', 36, nasdaq, 'Semiconductors', '1971-10-13', 4_760, 'intel.com'],
  ['AVGO', 'Broadcom Inc', 345, nasdaq, 'Semiconductors', '2009-08-06', 4_720, 'broadcom.com'],
  ['CSCO', 'Cisco Systems Inc', 76, nasdaq, 'Communications', '1990-02-16', 3_950, 'cisco.com'],
  ['ADBE', 'Adobe Inc', 330, nasdaq, 'Technology', '1986-08-13', 419, 'adobe.com'],
  ['QCOM', 'Qualcomm Inc', 172, nasdaq, 'Semiconductors', '1991-12-13', 1_070, 'qualcomm.com'],
  ['PEP', 'PepsiCo Inc', 146, nasdaq, 'Beverages', '1919-12-01', 1_367, 'pepsico.com'],
  ['COST', 'Costco Wholesale Corp', 905, nasdaq, 'Retail', '1985-12-05', 443, 'costco.com'],
  ['SBUX', 'Starbucks Corp', 85, nasdaq, 'Hotels, Restaurants & Leisure', '1992-06-26', 1_137, 'starbucks.com'],
  ['JPM', 'JPMorgan Chase & Co', 305, nyse, 'Banking', '1969-03-05', 2_720, 'jpmorganchase.com'],
  ['BAC', 'Bank of America Corp', 52, nyse, 'Banking', '1973-01-02', 7_300, 'bankofamerica.com'],
  ['V', 'Visa Inc', 335, nyse, 'Financial Services', '2008-03-19', 1_930, 'visa.com'],
  ['MA', 'Mastercard Inc', 545, nyse, 'Financial Services', '2006-05-25', 898, 'mastercard.com'],
  ['WMT', 'Walmart Inc', 105, nasdaq, 'Retail', '1972-08-25', 7_970, 'walmart.com'],
  ['KO', 'Coca-Cola Co', 71, nyse, 'Beverages', '1919-09-05', 4_300, 'coca-colacompany.com'],
  ['MCD', "McDonald's Corp", 308, nyse, 'Hotels, Restaurants & Leisure', '1965-04-21', 712, 'mcdonalds.com'],
  ['NKE', 'Nike Inc', 63, nyse, 'Textiles, Apparel & Luxury Goods', '1980-12-02', 1_478, 'nike.com'],
  ['DIS', 'Walt Disney Co', 106, nyse, 'Media', '1957-11-12', 1_785, 'thewaltdisneycompany.com'],
  ['JNJ', 'Johnson & Johnson', 202, nyse, 'Pharmaceuticals', '1944-09-25', 2_409, 'jnj.com'],
  ['PFE', 'Pfizer Inc', 25, nyse, 'Pharmaceuticals', '1944-01-17', 5_686, 'pfizer.com'],
  ['XOM', 'Exxon Mobil Corp', 117, nyse, 'Energy', '1920-03-25', 4_217, 'exxonmobil.com'],
  ['CVX', 'Chevron Corp', 151, nyse, 'Energy', '1921-06-24', 2_010, 'chevron.com'],
  ['BA', 'Boeing Co', 190, nyse, 'Aerospace & Defense', '1962-01-02', 760, 'boeing.com'],
  ['CAT', 'Caterpillar Inc', 560, nyse, 'Machinery', '1929-12-02', 468, 'caterpillar.com'],
  ['GE', 'GE Aerospace', 300, nyse, 'Aerospace & Defense', '1892-06-23', 1_055, 'geaerospace.com'],
  ['IBM', 'International Business Machines Corp', 304, nyse, 'Technology', '1915-11-11', 935, 'ibm.com'],
  ['ORCL', 'Oracle Corp', 205, nyse, 'Technology', '1986-03-12', 2_850, 'oracle.com'],
  ['F', 'Ford Motor Co', 13.1, nyse, 'Automobiles', '1956-01-17', 3_980, 'ford.com'],
];

const coins: readonly (readonly [string, number])[] = [
  ['BTC', 91_000],
  ['ETH', 3_050],
  ['BNB', 890],
  ['SOL', 138],
  ['XRP', 2.1],
  ['ADA', 0.45],
  ['DOGE', 0.16],
];

/** Every listing by its symbol. */
export const listings: ReadonlyMap<string, Listing> = new Map(
  [
    ...stocks.map(([symbol, name, price, exchange, industry, ipo, shares, website]): Listing => {
      return { symbol, name, price, type: 'Common Stock', exchange, industry, ipo, shares, website };
    }),
    ...coins.map(([coin, price]): Listing => {
      const rest = { exchange: 'BINANCE', industry: '', ipo: '', shares: 0, website: '' };
      return { symbol: `BINANCE:${coin}USDT`, name: `Binance ${coin}USDT`, price, type: 'Crypto', ...rest };
    }),
  ].map((listing) => [listing.symbol, listing]),
);
