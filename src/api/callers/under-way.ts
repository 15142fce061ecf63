/** How many requests of each caller are under way in this process. */
export type UnderWay = Readonly<{
  most: number;
  /** Counts one more, and returns what counts it off again; undefined when there are as many as may be. */
  begin(key: string): (() => void) | undefined;
}>;

/** Opens the counting: of no caller more than `most` at once. */
export function openUnderWay(most: number): UnderWay {
  const counts = new Map<string, number>();
  return {
    most,
    begin(key) {
      const count = counts.get(key) ?? 0;
      if (count >= most) return undefined;
      counts.set(key, count + 1);
      return () => {
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      };
    },
  };
}
