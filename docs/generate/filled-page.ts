/** The page with other text between two of its comments, which have lines of their own. @throws when they are not there */
export function filled(page: string, name: string, text: string): string {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(page)) throw new Error(`no <!-- ${name} --> … <!-- /${name} --> in the page`);
  return page.replace(place, (_all, begin: string, end: string) => `${begin}\n${text}\n\n${end}`);
}

/** What is to stand in a text, by the names in its comments; undefined where the last run has not told. */
export type Figures = Readonly<Record<string, string | undefined>>;

/**
 * The page with its figures in their places within lines, `<!-- kills.times -->200<!-- /kills.times -->`. One that was not told stays as
 * it is. @throws for a name that no figure has, and where there is none at all
 */
export function withFigures(page: string, figures: Figures): string {
  let places = 0;
  const text = page.replaceAll(
    /<!-- ([a-z]+\.[a-z]+) -->([^\n]*?)<!-- \/\1 -->/g,
    (_all, name: string, stands: string) => {
      if (!Object.hasOwn(figures, name)) throw new Error(`nobody tells a figure of the name ${name}`);
      places += 1;
      return `<!-- ${name} -->${figures[name] ?? stands}<!-- /${name} -->`;
    },
  );
  if (places === 0) throw new Error('the page has no place for a figure');
  return text;
}
