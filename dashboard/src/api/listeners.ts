/** Something that happens in this page, and those who want to hear of it. */
export type Listeners<T> = Readonly<{ tell(news: T): void; hear(listener: (news: T) => void): () => void }>;

/** Begins with nobody; `hear` returns how to stop hearing. */
export function openListeners<T>(): Listeners<T> {
  const all = new Set<(news: T) => void>();
  return {
    tell: (news) => [...all].forEach((listener) => listener(news)),
    hear(listener) {
      all.add(listener);
      return () => void all.delete(listener);
    },
  };
}
