import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Mailbox } from './mailbox.ts';

const MOST_BYTES = 1_000_000;

/** Listens on loopback for mails by SMTP, as much of RFC 5321 as a client needs, and resolves with the port. */
export async function openSmtp(port: number, mailbox: Mailbox): Promise<number> {
  const server = createServer((socket) => {
    // A client that breaks off has not sent its mail, and nobody else is concerned.
    socket.on('error', () => socket.destroy()).setTimeout(60_000, () => socket.destroy());
    converse(socket, mailbox);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function converse(socket: Socket, mailbox: Mailbox): void {
  const session = openSession(mailbox);
  let unread = '';
  socket.setEncoding('latin1').on('data', (part) => {
    unread += String(part);
    while (!socket.destroyed) {
      // A message ends with a dot on a line of its own; a line of it that begins with one has another before.
      const mark = session.isInMessage() ? '\r\n.\r\n' : '\r\n';
      const end = unread.indexOf(mark);
      if (unread.length > MOST_BYTES) socket.destroy();
      if (end === -1) return;
      const text = unread.slice(0, end);
      unread = unread.slice(end + mark.length);
      const said = session.isInMessage() ? session.take(text.replaceAll(/(^|\r\n)\.\./g, '$1.')) : session.hear(text);
      socket.write(`${said}\r\n`);
      if (said.startsWith('221')) socket.end();
    }
  });
  socket.write('220 sandbox ESMTP\r\n');
}

/** What has been said of one mail, and the answers. */
function openSession(mailbox: Mailbox) {
  let from: string | undefined;
  let to: string[] = [];
  let isInMessage = false;
  const forget = () => {
    from = undefined;
    to = [];
  };
  return {
    isInMessage: () => isInMessage,
    take(message: string): string {
      mailbox.receive(from ?? '', to, message);
      isInMessage = false;
      forget();
      return '250 OK';
    },
    hear(line: string): string {
      const [, verb = '', rest = ''] = /^(\w+)(?: (.*))?$/.exec(line) ?? [];
      const address = /<([^>]*)>/.exec(rest)?.[1];
      switch (verb.toUpperCase()) {
        case 'EHLO':
          return `250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE ${MOST_BYTES}`;
        case 'HELO':
        case 'NOOP':
          return '250 OK';
        case 'MAIL':
          forget();
          from = address;
          return from === undefined ? '501 Name the sender' : '250 OK';
        case 'RCPT':
          if (from === undefined || !address) return '503 Name the sender first';
          to.push(address);
          return '250 OK';
        case 'DATA':
          isInMessage = to.length > 0;
          return isInMessage ? '354 Go on' : '503 Name a recipient first';
        case 'RSET':
          forget();
          return '250 OK';
        case 'QUIT':
          return '221 Bye';
        default:
          return '502 Not here';
      }
    },
  };
}
