// Unpacks Debian packages once, and prints where.
// usage: node unpack-packages.js FOLDER SUITE PACKAGE…      an empty SUITE is the system's own
import { isDebian, unpackPackages } from '../../../bin/servers/debian-packages.js';

const [folder, suite, ...packages] = process.argv.slice(2);
if (!(await isDebian())) throw new Error('there are no packages of Debian here');
const { env } = await unpackPackages(folder, packages, undefined, suite || undefined);
process.stdout.write(JSON.stringify({ folder, libraries: env.LD_LIBRARY_PATH }));
