/** A row of a price observed at ten o'clock and so many minutes, on a day in May. */
export const observedPrice = (symbol: string, minute: number, current = 100 + minute) => ({
  symbol,
  jobId: `${symbol}-${minute}`,
  current,
  change: null,
  changePercent: null,
  high: current,
  low: current,
  open: current,
  previousClose: current,
  quotedAt: 1_795_342_500,
  observedAt: new Date(Date.UTC(2026, 4, 20, 10, minute)),
  source: 'finnhub',
});
