/** What a request is made of that somebody has given. */
export type Part = 'url' | 'key' | 'intention' | 'position';

/** No request can be made of what was given, now or later, and none has been sent. The message repeats nothing of it. */
export class Unsendable extends TypeError {
  override readonly name = 'Unsendable';
  readonly part: Part;

  constructor(part: Part, message: string) {
    super(message);
    this.part = part;
  }
}

/** Whether the global `fetch` asks there: in a browser, also at a place of the page's own site. */
export function isAddress(url: string): boolean {
  try {
    return /^https?:/.test(new Request(url).url);
  } catch {
    return false;
  }
}

/** @throws Unsendable for a value that no header can carry */
export function refuseUnsendable(headers: Readonly<Record<string, string>>): void {
  for (const [name, part] of carried) {
    const value = headers[name];
    if (value !== undefined && !isCarried(value))
      throw new Unsendable(part, `the ${part} has characters that no header can carry`);
  }
}

const carried = [
  ['authorization', 'key'],
  ['idempotency-key', 'intention'],
  ['last-event-id', 'position'],
] as const;

function isCarried(value: string): boolean {
  try {
    return new Headers([['x-carried', value]]).has('x-carried');
  } catch {
    return false;
  }
}
