import { type Logger, pino } from 'pino';

/** The logger handed around: one JSON object a line on standard output. */
export type Log = Logger;

/** Opens the process's log; fields that could carry a secret are censored wherever they stand. */
export function openLog(role: string, level: string): Log {
  return pino({
    level,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'password',
        'token',
        'authorization',
        'cookie',
        'client_secret',
        '*.password',
        '*.token',
        '*.client_secret',
      ],
      censor: '[secret]',
    },
  });
}
