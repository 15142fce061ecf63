import { useEffect, useState } from 'preact/hooks';
import { onMove } from './address.ts';

type Texts = Readonly<Record<string, string>>;

/**
 * What a list is asked for. The address keeps it behind `#?`, which no server and no log is told: the list can be shared,
 * reloaded and come back to. Comes with how to ask otherwise, and with how often the address was changed by something else.
 */
export function useAsked<Asked extends Texts>(
  nothing: Asked,
): readonly [Asked, (some: Partial<Asked>) => void, number] {
  const read = () => ({ ...nothing, ...textsOf(location.hash, Object.keys(nothing)) });
  const [{ asked, moves }, setStanding] = useState(() => ({ asked: read(), moves: 0 }));
  useEffect(() => onMove(() => setStanding((before) => ({ asked: read(), moves: before.moves + 1 }))), []);
  const ask = (some: Partial<Asked>) => {
    const wanted = { ...asked, ...some };
    history.replaceState(null, '', `${location.pathname}${askedIn(wanted)}`);
    setStanding({ asked: wanted, moves });
  };
  return [asked, ask, moves];
}

/** What is asked for, as the end of an address; nothing where nothing is. */
export function askedIn(asked: Texts): string {
  const said = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== '')).toString();
  return said && `#?${said}`;
}

function textsOf(hash: string, names: readonly string[]): Texts {
  const said = new URLSearchParams(hash.replace(/^#\??/, ''));
  return Object.fromEntries(names.map((name) => [name, said.get(name) ?? '']));
}
