// Brings MySQL and Redis from one source alone, prints where they are, and holds them until SIGTERM.
// usage: node bring-servers.js installed|debian|docker FOLDER; with 'docker' as on a machine that has Docker and no installed servers
import { claimDataDirectory } from '../../../bin/servers/data-directory.js';
import { readEnvironment } from '../../../bin/tools/environment.js';
import { installFolders } from '../../../bin/servers/installed-servers.js';
import { bringServers } from '../../../bin/servers/servers.js';
import { Steps } from '../../../bin/tools/steps.js';
import { onStop } from '../../../bin/tools/stop-signals.js';
import { Supervisor } from '../../../bin/start/supervisor.js';

const [source, dataDirectory] = process.argv.slice(2);
const environment = readEnvironment();
const folders = source === 'installed' ? installFolders(environment.path) : [];
const directory = await claimDataDirectory(dataDirectory);
const steps = new Steps({ out: process.stderr });
const supervisor = new Supervisor({ logFolder: `${dataDirectory}/logs`, say: (line) => steps.say(line) });
// Without a part of ours nothing else keeps this process until it is told to end.
setInterval(() => {}, 60_000);
onStop(environment, async () => {
  await supervisor.stop();
  directory.release();
  process.exit(0);
});
try {
  const useDocker = source === 'docker';
  const found = await bringServers({ environment, steps, supervisor, dataDirectory, folders, useDocker });
  process.stdout.write(`${JSON.stringify(found)}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ missing: error.message, remedy: error.remedy })}\n`);
}
