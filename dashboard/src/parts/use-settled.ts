import { useEffect, useState } from 'preact/hooks';

/** What somebody types, once the hand has rested. */
export function useSettled<T>(value: T, restMs = 250): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return settled;
}
