// Makes the data directory of a durable MySQL or MariaDB as `npm start` does, and prints how to start it.
// usage: node prepare-mysql.js PROGRAM FOLDER PORT DATABASE
import { dirname } from 'node:path';
import { findServer } from '../../../bin/servers/installed-servers.js';
import { mysqlServer } from '../../../bin/servers/mysql-server.js';

const [program, folder, port, database] = process.argv.slice(2);
const found = await findServer('mysql', [dirname(program)], { env: process.env });
const server = { ...found, env: process.env };
const { plan, connection } = await mysqlServer({ server, folder, port: Number(port), database, isDurable: true });
process.stdout.write(JSON.stringify({ command: plan.command, args: plan.args, cwd: plan.cwd, connection }));
