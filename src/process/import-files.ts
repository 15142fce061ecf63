import { readdir } from 'node:fs/promises';

/** Imports every file of a folder of src/ and of the rooms in it whose name ends so, and tells what each exports. */
export async function importFiles(
  folder: string,
  suffix: string,
): Promise<readonly Readonly<{ file: string; exported: readonly unknown[] }>[]> {
  const directory = new URL(`../${folder}/`, import.meta.url);
  const files = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith(suffix)).toSorted();
  return Promise.all(
    files.map(async (name) => {
      const module: unknown = await import(new URL(name, directory).href);
      const exported: unknown[] = typeof module === 'object' && module !== null ? Object.values(module) : [];
      return { file: `src/${folder}/${name}`, exported };
    }),
  );
}
