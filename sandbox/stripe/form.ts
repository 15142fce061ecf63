import { badParameter } from './stripe-error.ts';

/** The parameters of a request, read by name; names like `metadata[order_id]` as they are written on the wire. */
export interface Form {
  text(name: string): string | undefined;
  whole(name: string): number | undefined;
  flag(name: string): boolean;
  has(name: string): boolean;
  /** The entries of a group, e.g. `metadata`. */
  group(name: string): Record<string, string>;
}

/** Reads form-encoded parameters. @throws Refusal when one is not among `known`. */
export function readForm(parameters: URLSearchParams, known: readonly string[]): Form {
  for (const name of parameters.keys()) {
    const root = name.split('[')[0] ?? name;
    if (!known.includes(root) && root !== 'expand')
      throw badParameter(root, 'parameter_unknown', `Received unknown parameter: ${root}`);
  }
  const text = (name: string) => parameters.get(name) ?? undefined;
  return {
    text,
    whole(name) {
      const value = text(name);
      if (value !== undefined && !/^-?\d+$/.test(value))
        throw badParameter(name, 'parameter_invalid_integer', `Invalid integer: ${value}`);
      return value === undefined ? undefined : Number(value);
    },
    flag(name) {
      const value = text(name) ?? 'false';
      if (value !== 'true' && value !== 'false')
        throw badParameter(name, 'parameter_invalid_boolean', `Invalid boolean: ${value}`);
      return value === 'true';
    },
    has: (name) => [...parameters.keys()].some((given) => given === name || given.startsWith(`${name}[`)),
    group(name) {
      const entries = [...parameters].flatMap(([given, value]) => {
        const inner = given.startsWith(`${name}[`) && given.endsWith(']') ? given.slice(name.length + 1, -1) : '';
        return inner === '' ? [] : [[inner, value] as const];
      });
      return Object.fromEntries(entries);
    },
  };
}

/** The metadata of a request, within the gateway's bounds. */
export function readMetadata(form: Form): Record<string, string> {
  const metadata = form.group('metadata');
  const entries = Object.entries(metadata);
  if (entries.length > 50 || entries.some(([key, value]) => key.length > 40 || value.length > 500))
    throw badParameter('metadata', 'parameter_invalid', 'Metadata takes 50 keys of 40 characters, values of 500.');
  return metadata;
}
