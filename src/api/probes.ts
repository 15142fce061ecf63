/** Routes that are asked every second, by programs and by pages: they cause nothing, and are not counted, logged or traced. */
export const probes: ReadonlySet<string> = new Set(['/auth/ping', '/healthz', '/readyz', '/status']);
