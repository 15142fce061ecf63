import { useState } from 'preact/hooks';

/** A choice that this browser remembers under a name; empty at first. */
export function useKept(name: string): readonly [string, (value: string) => void] {
  const [value, setValue] = useState(() => localStorage.getItem(name) ?? '');
  const keep = (chosen: string) => {
    localStorage.setItem(name, chosen);
    setValue(chosen);
  };
  return [value, keep];
}
