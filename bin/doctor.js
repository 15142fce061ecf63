import { runCommand } from './tools/run-command.js';

// Examines the deployment that the environment names, or a running `npm start`.
await runCommand('src/commands/doctor.ts');
