import { GiveUp } from '../../errors.ts';
import { fetchText, UpstreamFault } from '../http/fetch-json.ts';
import type { LeaveOut, TellOdd } from '../http/lenient.ts';
import { startTimeout } from '../../process/deadline.ts';
import { calling } from '../../telemetry/calling.ts';

/** The central bank's rates of one day: units of each currency for one euro, as decimal text, the euro included. */
export type Publication = Readonly<{ day: string; rates: Readonly<Record<string, string>> }>;

/** Daily reference rates in the European Central Bank's XML. */
export type ReferenceRates = Readonly<{
  isConfigured: boolean;
  /** The newest publication. @throws UpstreamFault, or GiveUp when no address is set. */
  latest(signal: AbortSignal): Promise<Publication>;
}>;

const name = 'The reference rates';
const tryMs = 4_000;
const mostBytes = 64 * 1024;

/** Opens the reference rates at `address`. */
export function openReferenceRates(address: string | undefined, tell: TellOdd): ReferenceRates {
  return {
    isConfigured: address !== undefined,
    async latest(signal) {
      if (address === undefined) throw new GiveUp('FOREX_FALLBACK_URL is not set');
      const both = AbortSignal.any([signal, startTimeout(tryMs).signal]);
      const { answer, text } = await calling({ gateway: 'rates', call: 'read' }, () =>
        fetchText(name, new URL(address), { signal: both, mostBytes }),
      );
      if (answer.status !== 200) throw new UpstreamFault(`${name} answered ${answer.status}`, answer);
      return parsePublication(text, (what, why) => tell(name, what, why));
    },
  };
}

/**
 * Reads the ECB's `eurofxref` XML. Its form is a short and stable one: a rate that differs from it is left out.
 * @throws UpstreamFault when it is cut short, holds another number of days than one, or no rate at all.
 */
export function parsePublication(xml: string, leaveOut: LeaveOut): Publication {
  const days = [...xml.matchAll(/<Cube\s+time=(['"])(\d{4}-\d\d-\d\d)\1\s*>/g)];
  const cubes = [
    ...xml.matchAll(/<Cube\s+currency=(['"])([A-Z]{3})\1\s+rate=(['"])(\d{1,12}(?:\.\d{1,12})?)\3\s*\/>/g),
  ];
  const day = days[0]?.[2];
  const isWhole = /<\/gesmes:Envelope>\s*$/.test(xml) && days.length === 1;
  const rates = cubes
    .map(([, , currency = '', , rate = '']): [string, string] => [currency, rate])
    .filter(([, rate]) => Number(rate) > 0);
  if (!isWhole || rates.length === 0 || day === undefined || Number.isNaN(Date.parse(day)))
    throw new UpstreamFault(`${name} are not in the form of the ECB's daily rates`);
  if (rates.length < (xml.match(/<Cube\s+currency=/g)?.length ?? 0)) leaveOut('rate', 'is none');
  return { day, rates: { EUR: '1', ...Object.fromEntries(rates) } };
}
