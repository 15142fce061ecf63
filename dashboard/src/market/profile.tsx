import { formatDay } from '../parts/moment.ts';
import type { Reading } from '../api/use-reading.ts';
import { Part } from '../parts/part.tsx';
import type { Company } from '../prices/companies.ts';

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
