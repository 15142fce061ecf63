import { type Answerer, text } from '../answer.ts';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import { underWeather } from '../weather.ts';
import { euroRates, lastRatesDay } from './reference-rates.ts';

/** The central bank's daily reference rates, at `/eurofxref-daily.xml` as the original. */
export function createRates(faults: Faults, seed: number, clock: Clock): Answerer {
  return ({ path }) =>
    underWeather(faults, 'rates', () => {
      if (path !== '/eurofxref-daily.xml') return text(404, 'text/html', '<html><title>Not found</title></html>');
      return text(200, 'text/xml', dailyXml(seed, lastRatesDay(clock())));
    });
}

function dailyXml(seed: number, day: string): string {
  const cubes = Object.entries(euroRates(seed, day)).map(([currency, rate]) => {
    return `\t\t\t<Cube currency='${currency}' rate='${rate}'/>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
\t<gesmes:subject>Reference rates</gesmes:subject>
\t<gesmes:Sender>
\t\t<gesmes:name>European Central Bank</gesmes:name>
\t</gesmes:Sender>
\t<Cube>
\t\t<Cube time='${day}'>
${cubes.join('\n')}
\t\t</Cube>
\t</Cube>
</gesmes:Envelope>
`;
}
