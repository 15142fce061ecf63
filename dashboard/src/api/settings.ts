/** What the API has written into the page. */
export const settings = {
  /** Symbols that are polled, and so move by themselves. */
  watchlist: read('watchlist').split(',').filter(Boolean),
  /** The prices of the first of them, as JSON. */
  quotes: read('quotes') || '[]',
  /** Whether the demo login exists here. */
  isDemo: read('demo') === 'true',
  /** Where the sandbox's fault switches are, if there is one. */
  sandbox: read('sandbox') || undefined,
  /** Where the sandbox plays the bank that asks its card's holder, if it is the gateway. */
  bank: read('bank') || undefined,
};

function read(name: string): string {
  return document.querySelector(`meta[name="orderflow-${name}"]`)?.getAttribute('content') ?? '';
}
