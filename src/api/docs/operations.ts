import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const folder = new URL('../', import.meta.url);

/**
 * What the API says of its operations besides their summaries, by operation: the sections of every `operations.md` beside
 * the routes. A heading may name several; what they have in common comes after what each has of its own.
 */
export async function readOperationTexts(): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => basename(name) === 'operations.md');
  const texts = new Map<string, string>();
  for (const file of files.toSorted())
    for (const [operation, text] of sectionsOf(await readFile(new URL(file, folder), 'utf8'))) {
      const own = texts.get(operation);
      texts.set(operation, own === undefined ? text : `${own} ${text}`);
    }
  return texts;
}

/** Lines of a paragraph become one, as they do in Markdown. */
function sectionsOf(markdown: string): (readonly [operation: string, text: string])[] {
  const [, ...sections] = markdown.split(/^## /m);
  return sections.flatMap((section) => {
    const [heading = '', ...lines] = section.split('\n');
    const text = lines
      .join('\n')
      .trim()
      .replaceAll(/(?<!\n)\n(?!\n)/g, ' ');
    return heading.split(', ').map((operation) => [operation, text] as const);
  });
}
