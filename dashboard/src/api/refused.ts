type Problem = Readonly<{ detail?: unknown; code?: unknown; errors?: unknown }>;

/** The API said no, or said nothing; the message is meant for people. */
export class Refused extends Error {
  override name = 'Refused';
  /** 0: there was no answer, or not the whole of one. */
  readonly status: number;
  /** The problem's code, where the API has given one. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether it lies with the moment, and not with what was asked for. */
  get isWeather(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether it leaves open what becomes of what was asked for. */
  get isUndecided(): boolean {
    return this.isWeather || this.status === 401 || this.status === 403 || this.code === 'idempotency_key_in_use';
  }
}

/** There was no answer. */
export function refuseSilence(): never {
  throw new Refused(0, 'The server did not answer. Is it running?');
}

/** What an answer that is no success says, in the words of its problem and of each fault that it names. */
export async function refusalOf(answer: Response): Promise<Refused> {
  const { detail, code, errors }: Problem = problemOf(await answer.json().catch(() => undefined));
  const message = typeof detail === 'string' ? detail : `The server answered ${answer.status}.`;
  return new Refused(answer.status, withFaults(message, errors), typeof code === 'string' ? code : undefined);
}

// Every field of it is looked at before it is believed.
function problemOf(json: unknown): Problem {
  return typeof json === 'object' && json !== null ? json : {};
}

function withFaults(message: string, errors: unknown): string {
  const faults = (Array.isArray(errors) ? errors : []).flatMap((fault: unknown) => faultOf(fault));
  if (faults.length === 0) return message;
  return `${message.replace(/[;,:]? see errors\.?$/, '.').replace(/\.$/, '')}: ${faults.join('; ')}.`;
}

function faultOf(fault: unknown): string[] {
  if (typeof fault !== 'object' || fault === null || !('detail' in fault)) return [];
  const where = 'pointer' in fault ? String(fault.pointer).replace(/^\//, '').replaceAll('/', ' ') : '';
  return [where === '' ? String(fault.detail) : `${where}: ${String(fault.detail)}`];
}
