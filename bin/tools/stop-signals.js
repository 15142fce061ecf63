/**
 * Calls `stop` when this process is asked to end: Ctrl-C, however often, SIGTERM, or the terminal closing. Under npm
 * also when npm is gone: it waits for its script, so its end means that nobody is there any more.
 */
export function onStop({ isStartedByNpm }, stop) {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, stop);
  // A closed terminal or pipe is no reason to lose the way to an orderly end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  if (!isStartedByNpm) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), 500).unref();
}
