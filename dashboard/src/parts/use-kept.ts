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

/** Calls back when another tab has changed what this browser keeps under a name, until the returned function is called. */
export function onKept(name: string, listener: () => void): () => void {
  const hear = ({ key }: StorageEvent) => {
    // Where all has been taken away at once, there is no name.
    if (key === name || key === null) listener();
  };
  addEventListener('storage', hear);
  return () => removeEventListener('storage', hear);
}
