import { runCommand } from './tools/run-command.js';

// Brings the schema up to date on the servers the environment names, or on those of a running `npm start`.
await runCommand('src/commands/migrate.ts');
