/** The problems of a request as such, whatever it asks for; part of the closed set of `problem-codes.ts`. */
export const requestProblems = {
  malformed_request: {
    status: 400,
    title: 'Not a request',
    cause: 'What came is no HTTP that has one meaning, such as a body of two lengths, or names no host.',
    remedy: 'Send HTTP/1.1 with a Host header, and one Content-Length or Transfer-Encoding where there is a body.',
  },
  request_timeout: {
    status: 408,
    title: 'The request has no end',
    cause: 'The head of a request may take 10 s to come, and all of it 20 s.',
    remedy: 'Send it again, all at once.',
  },
  head_too_large: {
    status: 431,
    title: 'Head too large',
    cause: 'The address and the headers of a request may have 16 KiB together.',
    remedy: 'Send fewer or shorter ones; cookies of other pages of this host count too.',
  },
  ambiguous_host: {
    status: 400,
    title: 'Two hosts',
    cause: 'The request names two hosts, and nobody can know which one a proxy on the way has believed.',
    remedy: 'Send one Host header.',
  },
  foreign_host: {
    status: 403,
    title: 'Not a host of ours',
    cause: 'The Host header names a host that this deployment does not answer for, as a page of another site would.',
    remedy: 'Use an address of this deployment, or add the host to ALLOWED_HOSTS.',
  },
  foreign_origin: {
    status: 403,
    title: 'Foreign origin',
    cause:
      'A write by cookie came without this site as its Origin: the host that was asked for, or the public address.',
    remedy: 'Send the write from a page of this site, or use a bearer token.',
  },
} as const;
