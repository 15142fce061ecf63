import { registerHooks } from 'node:module';

// Run before a process whose loads a test wants to know: told by SIGUSR2, it writes the file of every module it has loaded.
const loaded = new Set();
registerHooks({
  load(url, context, next) {
    loaded.add(url);
    return next(url, context);
  },
});
process.on('SIGUSR2', () => process.stdout.write(`${JSON.stringify({ loaded: [...loaded] })}\n`));
