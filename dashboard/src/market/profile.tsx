import { formatDay } from '../parts/moment.ts';
import type { Reading } from '../api/use-reading.ts';
import { Part } from '../parts/part.tsx';

/** A company's profile, as far as the provider knows it. */
export type Company = Readonly<{
  name: string;
  country: string | null;
  currency: string | null;
  exchange: string | null;
  finnhubIndustry: string | null;
  ipo: string | null;
  marketCapitalization: number | null;
  weburl: string | null;
}>;

const large = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 });

/** What a company is. */
export function Profile({ reading }: Readonly<{ reading: Reading<Company> }>) {
  return (
    <Part id="profile" title="Profile" reading={reading}>
      {(company) => (
        <dl class="facts">
          {Object.entries(factsOf(company)).map(
            ([name, value]) =>
              value && (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ),
          )}
        </dl>
      )}
    </Part>
  );
}

function factsOf(company: Company): Readonly<Record<string, string | null>> {
  const { name, country, currency, exchange, finnhubIndustry: industry, ipo, weburl } = company;
  const { marketCapitalization: millions } = company;
  return {
    Name: name,
    Exchange: exchange,
    Currency: currency,
    Industry: industry,
    Country: country,
    'Listed since': ipo && formatDay(ipo),
    Worth: millions === null ? null : `${large.format(millions * 1_000_000)} ${currency ?? ''}`,
    'At the web': weburl,
  };
}
