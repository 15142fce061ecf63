import { askForFile } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';

/** Saves everything that a list is narrowed to, and not only what has been read of it. */
export function SaveCsv({ name, path }: Readonly<{ name: string; path: string }>) {
  const { isBusy, failure, run } = useDeed();
  const save = () =>
    run(async () => {
      const url = URL.createObjectURL(await askForFile(path, 'text/csv'));
      const link = document.createElement('a');
      link.href = url;
      link.download = `${name}-${new Date().toISOString().slice(0, 10)}.csv`;
      link.click();
      URL.revokeObjectURL(url);
    });
  return (
    <>
      <button type="button" aria-disabled={isBusy} onClick={() => void save()}>
        {isBusy ? 'Being fetched' : 'Save as CSV'}
      </button>
      <p role="alert">{failure}</p>
    </>
  );
}
