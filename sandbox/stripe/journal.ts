import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file of JSON lines that only grows. What `append` has answered for is on the disk and survives `kill -9`. */
export interface Journal {
  append(entry: object): Promise<void>;
  /** Resolves when everything appended so far is on the disk. */
  settled(): Promise<void>;
}

/** Opens the journal, hands every earlier entry to `replay`, and cuts off a last line that was never finished. */
export async function openJournal(path: string, replay: (entry: unknown) => void): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a+', 0o600);
  // It holds what buyers authenticate with; an earlier sandbox may have made it for everybody to read.
  await file.chmod(0o600);
  let whole = 0;
  let rest = '';
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false, encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      whole += Buffer.byteLength(line) + 1;
      replay(JSON.parse(line));
    }
  }
  await file.truncate(whole);

  let lines: string[] = [];
  let waiting: (() => void)[] = [];
  let isFlushing = false;
  // Entries that come while the disk is busy share the next write and its one sync. A disk that fails ends the
  // process through the unhandled rejection: memory would be ahead of the ledger from there on.
  const flush = async () => {
    if (isFlushing) return;
    isFlushing = true;
    while (waiting.length > 0) {
      const [batch, done] = [lines, waiting];
      lines = [];
      waiting = [];
      if (batch.length > 0) await file.appendFile(batch.join(''));
      await file.datasync();
      for (const resolve of done) resolve();
    }
    isFlushing = false;
  };
  const settled = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      void flush();
    });
  return {
    append(entry) {
      lines.push(`${JSON.stringify(entry)}\n`);
      return settled();
    },
    settled: () => (isFlushing || lines.length > 0 ? settled() : Promise.resolve()),
  };
}
