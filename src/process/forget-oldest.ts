/** Takes the oldest entries out of a map until it holds at most so many. */
export function forgetOldest<Key>(map: Map<Key, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
