// Unpacks the Debian packages of an engine once, and prints where.
// usage: node unpack-packages.js FOLDER ENGINE
import { isDebian, unpackPackages } from '../../../bin/servers/debian-packages.js';
import { enginePackages } from '../../../bin/servers/engine-packages.js';

const [folder, engine] = process.argv.slice(2);
if (!(await isDebian())) throw new Error('there are no packages of Debian here');
const { packages, suite } = enginePackages[engine];
const { env } = await unpackPackages(folder, packages, undefined, suite);
process.stdout.write(JSON.stringify({ folder, libraries: env.LD_LIBRARY_PATH }));
