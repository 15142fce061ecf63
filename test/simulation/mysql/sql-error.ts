/** What a server refuses, as the driver tells it. */
export class SqlError extends Error {
  override name = 'SqlError';
  readonly errno: number;
  readonly code: string;
  /** The driver has one of all that a server itself refuses. */
  readonly sqlState = 'HY000';

  constructor(errno: number, code: string, message: string) {
    super(message);
    this.errno = errno;
    this.code = code;
  }
}
