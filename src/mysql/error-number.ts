/** The number that the server gave an error, 0 when it is none of the server's. */
export function numberOf(error: unknown): number {
  return error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
}
