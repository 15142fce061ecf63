import { readFileSync } from 'node:fs';
import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';

/** Where a server listens. */
export type Host = Readonly<{ host: string; port: number }>;

/** Any text but an empty one. */
export function text() {
  return z.string().min(1);
}

/** Words separated by commas. */
export function list() {
  return text()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((parts) => parts.length > 0, 'names nothing');
}

const hostName = /^(?:\[([0-9a-f:.]+)\]|([^\s:,[\]]+))(?::(\d{1,5}))?$/i;

/** `host[:port],…`, an IPv6 address in brackets. */
export function hostNames() {
  const isHost = (name: string) => {
    const [all, , , port = 1] = hostName.exec(name.trim()) ?? [];
    return all !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  };
  return text().refine(
    (names) => names.split(',').every(isHost),
    'must be a host, host:port, or several separated by commas',
  );
}

/** One host, whose port is another variable's. */
export function hostAlone(portName: string) {
  return text()
    .transform(withoutBrackets)
    .refine(isHost, `must be the name or address of one host; its port is ${portName}`);
}

/** Hosts separated by commas, which have no ports. */
export function hostsAlone() {
  return list()
    .transform((names) => names.map(withoutBrackets))
    .refine(
      (names) => names.every(isHost),
      'must be hosts such as hooks.internal or 10.0.0.7, without a scheme or a port',
    );
}

/** An IPv6 address may stand in brackets, as in a URL. */
const withoutBrackets = (name: string) => name.replace(/^\[(.*)\]$/, '$1');
const isHost = (name: string) => isIPv6(name) || /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u.test(name);

/** The servers of such a list; `otherwise` is the port of those that name none. */
export function hostsOf(names: string, otherwise: number): Host[] {
  return names.split(',').flatMap((name) => {
    const [all, address, host = address, port = otherwise] = hostName.exec(name.trim()) ?? [];
    return all === undefined || host === undefined ? [] : [{ host, port: Number(port) }];
  });
}

/** What a file holds, which a variable names. */
export function contents(path: string, ctx: z.RefinementCtx): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    ctx.addIssue('names a file that cannot be read');
    return z.NEVER;
  }
}

/** Whether TLS is spoken: on or off, or on with the authorities of a file. */
export function tls() {
  const switches = new Map<string, Readonly<{ ca?: string }> | undefined>([
    ['on', {}],
    ['true', {}],
    ['off', undefined],
    ['false', undefined],
  ]);
  return text().transform((value, ctx) => (switches.has(value) ? switches.get(value) : { ca: contents(value, ctx) }));
}

/** Symbols. Where they are used they are parsed again; here a misspelt one stops the start. */
export function symbols() {
  return list()
    .transform((names) => [...new Set(names.map((name) => name.toUpperCase()))])
    .pipe(z.array(z.string().regex(/^[A-Z0-9^][A-Z0-9.:_^-]{0,31}$/, 'must be symbols such as AAPL')).max(500));
}

/** What Host headers say, separated by commas: names or addresses (of IPv6 in brackets), with a port or without. */
export function hostHeaders() {
  const isHeader = (word: string) => /^(\[[\da-f:.]+\]|[\w-]+(\.[\w-]+)*\.?)(:\d{1,5})?$/i.test(word);
  return list().refine((words) => words.every(isHeader), 'must be hosts such as shop.example or shop.example:8443');
}

/** Origins as browsers send them, separated by commas. */
export function origins() {
  const isOrigin = (word: string) => {
    const url = URL.parse(word);
    // Apps with pages of their own have schemes of their own, of whose addresses `origin` says nothing.
    return url !== null && `${url.protocol}//${url.host}` === word && !word.includes('*');
  };
  return list().refine(
    (words) => words.every(isOrigin),
    'must be origins such as https://shop.example: lower case, no path, no *',
  );
}

/** Whether a word of TRUSTED_PROXIES is an address or a subnet. */
export function isProxyName(word: string): boolean {
  const [address = '', bits, ...rest] = word.split('/');
  const most = isIP(address) === 6 ? 128 : isIP(address) === 4 ? 32 : -1;
  return most >= 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

const weighed = /^((?:user:\d{1,10}|key:[\da-f-]{36}|platform))=([1-9]\d{0,2})$/;

/** Tenants and their weights: `user:7=3,key:0190…=2`. */
export function weights() {
  return list()
    .refine((words) => words.every((word) => weighed.test(word)), 'must be tenants with weights such as user:7=3')
    .transform(
      (words): Readonly<Record<string, number>> =>
        Object.fromEntries(words.map((word) => [word.replace(weighed, '$1'), Number(word.replace(weighed, '$2'))])),
    );
}

/** A whole number within bounds. */
export function whole(min: number, max: number) {
  return z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}
