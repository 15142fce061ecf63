import { logIn, logOut } from './tools/demo-login.js';
import { CannotStart } from './tools/cannot-start.js';
import { readEnvironment } from './tools/environment.js';
import { explain } from './tools/explain.js';
import { prepareNode24, runOnNode24 } from './tools/run-on-24.js';
import { readRunFile } from './start/run-file.js';

// The command line of clients/typescript, on the platform that ORDERFLOW_URL names, or on the `npm start` that runs here.
// `--as demo` or `--as admin` logs in to that one's demo data, for as long as the command takes.

const environment = readEnvironment();
const [misused, noKey] = [2, 4];

/** What was asked for without `--as`, and as whom. */
function readWishes(args) {
  const place = args.indexOf('--as');
  if (place === -1) return { args };
  return { args: args.toSpliced(place, 2), account: args[place + 1] ?? '' };
}

/** The platform that is meant. Only of the one that runs here the demo's passwords are known to be the demo's. */
function findPlatform({ args, account }) {
  const url = environment.value('ORDERFLOW_URL');
  if (url && account !== undefined)
    throw new CannotStart(
      '--as is for the demo data of the `npm start` that runs here; for ORDERFLOW_URL set ORDERFLOW_KEY.',
    );
  const found = url ?? readRunFile(environment.dataDirectory)?.api;
  if (!found && args.length > 0 && !args.includes('--help'))
    throw new CannotStart(
      `Nothing runs in ${environment.dataDirectory}. Start the platform first, in another terminal: npm start`,
      'For another platform: ORDERFLOW_URL=https://… ORDERFLOW_KEY=… npm run cli -- …',
    );
  return found;
}

async function main() {
  const wishes = readWishes(process.argv.slice(2));
  const url = findPlatform(wishes);
  const node = await prepareNode24(environment);
  const token = wishes.account === undefined ? undefined : await logIn(environment, url, wishes.account);
  const key = token ?? environment.value('ORDERFLOW_KEY');
  const file = 'clients/typescript/cli/main.ts';
  const own = { ORDERFLOW_URL: url ?? '', ORDERFLOW_KEY: key ?? '' };
  const code = await runOnNode24(environment, node, [file, ...wishes.args], own);
  if (token) await logOut(url, token);
  else if (code === noKey && !environment.value('ORDERFLOW_URL'))
    process.stderr.write('Beside `npm start`, --as demo or --as admin logs in to the demo data.\n');
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = error instanceof CannotStart ? misused : 1;
}
