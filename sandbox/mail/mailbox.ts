/** A mail as it was handed over. */
export interface Mail {
  readonly id: number;
  readonly at_ms: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** The mails of everybody, the newest last. */
export interface Mailbox {
  receive(from: string, to: readonly string[], message: string): void;
  list(): readonly Mail[];
}

const MOST_MAILS = 1_000;

/** Opens an empty mailbox, which forgets its oldest mails. */
export function createMailbox(): Mailbox {
  const mails: Mail[] = [];
  let received = 0;
  return {
    receive(from, to, message) {
      received += 1;
      mails.push({ id: received, at_ms: Date.now(), from, to, ...readMessage(message) });
      if (mails.length > MOST_MAILS) mails.shift();
    },
    list: () => mails,
  };
}

/** Subject and text of a message by RFC 5322 with one part. */
function readMessage(message: string): { subject: string; text: string } {
  const end = message.indexOf('\r\n\r\n');
  const head = message.slice(0, end).replaceAll(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1] ?? '';
  const body = message.slice(end + 4);
  return { subject: readWords(header('subject')), text: decoded(body, header('content-transfer-encoding')) };
}

function decoded(body: string, encoding: string): string {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString('utf8');
    case 'quoted-printable':
      return unquoted(body.replaceAll(/=\r\n/g, ''));
    default:
      return Buffer.from(body, 'latin1').toString('utf8');
  }
}

/** The encoded words of a header, RFC 2047. */
function readWords(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toLowerCase() === 'b' ? Buffer.from(word, 'base64').toString('utf8') : unquoted(word.replaceAll('_', ' ')),
    );
}

function unquoted(text: string): string {
  const bytes = text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
