/** What the API has written into the page. */
export const settings = {
  /** Symbols that are polled, and so move by themselves. */
  watchlist: read('watchlist').split(',').filter(Boolean),
  /** Whether the demo login exists here. */
  isDemo: read('demo') === 'true',
};

function read(name: string): string {
  return document.querySelector(`meta[name="orderflow-${name}"]`)?.getAttribute('content') ?? '';
}
