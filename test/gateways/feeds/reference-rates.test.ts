import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GiveUp } from '../../../src/errors.ts';
import { UpstreamFault } from '../../../src/gateways/http/fetch-json.ts';
import { openReferenceRates, parsePublication } from '../../../src/gateways/feeds/reference-rates.ts';
import { listen, type LocalServer } from '../../support/upstreams/local-server.ts';
import { type Sandbox, startSandbox } from '../../support/upstreams/sandbox-process.ts';
import { patienceMs } from '../../support/processes/process.ts';

const daily = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<Cube>
		<Cube time='2026-04-13'>
			<Cube currency='USD' rate='1.1684'/>
			<Cube currency="IDR" rate="20082.05" />
		</Cube>
	</Cube>
</gesmes:Envelope>
`;

let sandbox: Sandbox;
let server: LocalServer;
let answers: (readonly [status: number, body: string])[] = [];
let calls = 0;
beforeAll(async () => {
  sandbox = await startSandbox();
  server = await listen((_request, response) => {
    const [status, body] = answers[Math.min(calls, answers.length - 1)] ?? [500, ''];
    calls += 1;
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
  });
});
afterAll(async () => {
  await server.close();
  await sandbox.stop();
});

const latest = (address: string | undefined, ...sent: (readonly [number, string])[]) => {
  answers = sent;
  calls = 0;
  return openReferenceRates(address, () => {}).latest(AbortSignal.timeout(patienceMs));
};

describe('reference rates', () => {
  it('are read as they are published, the euro included', () => {
    expect(parsePublication(daily, () => {})).toEqual({
      day: '2026-04-13',
      rates: { EUR: '1', USD: '1.1684', IDR: '20082.05' },
    });
  });

  it('come from the address, which is asked once also when that fails', async () => {
    expect((await latest(server.url, [200, daily])).day).toBe('2026-04-13');
    expect(calls).toBe(1);
    await expect(latest(server.url, [502, '<html></html>'], [200, daily])).rejects.toThrow(UpstreamFault);
    expect(calls).toBe(1);
  });

  it('are never asked for without an address', async () => {
    await expect(latest(undefined)).rejects.toThrow(GiveUp);
  });

  it('are read from the sandbox: thirty currencies of a business day', async () => {
    const { day, rates } = await latest(sandbox.urls.rates);
    expect([1, 2, 3, 4, 5]).toContain(new Date(day).getUTCDay());
    expect(Object.keys(rates)).toHaveLength(30);
    expect(Number(rates['USD'])).toBeGreaterThan(1);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['a page for browsers', '<html><body>Reference rates</body></html>'],
    ['a text cut short', daily.slice(0, -30)],
    ['two days', daily.replace('<Cube>', "<Cube><Cube time='2026-04-12'></Cube>")],
    ['no day', daily.replace("<Cube time='2026-04-13'>", '<Cube>')],
    ['a day that is none', daily.replace('2026-04-13', '2026-13-45')],
    ['no rates', daily.replaceAll(/<Cube currency[^>]*>/g, '')],
    ['nothing but zeros', daily.replaceAll(/rate=(['"])[^'"]*\1/g, "rate='0.0'")],
  ])('are not read from %s', (_name, text) => {
    expect(() => parsePublication(text, () => {})).toThrow(UpstreamFault);
  });

  it.each<[string, string]>([
    ['in words', daily.replace('1.1684', 'N/A')],
    ['of zero', daily.replace('1.1684', '0.000')],
    ['that is negative', daily.replace('1.1684', '-1.1684')],
    ['with an exponent', daily.replace('1.1684', '1e9')],
    ['that is empty', daily.replace('1.1684', '')],
    ['too long', daily.replace('1.1684', '1'.repeat(40))],
    ['of a currency that is none', daily.replace("'USD'", "'US$'")],
  ])('are read without a rate %s, which is told', (_name, text) => {
    const told: string[] = [];
    const { rates } = parsePublication(text, (what) => void told.push(what));
    expect(rates).toEqual({ EUR: '1', IDR: '20082.05' });
    expect(told).toEqual(['rate']);
  });
});
