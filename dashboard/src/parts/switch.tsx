type Shown<Name extends string> = Readonly<{
  legend: string;
  names: readonly Name[];
  wordsOf(name: Name): string;
  chosen: Name;
  onChoose(name: Name): void;
}>;

/** Chooses one of a few short names: one stop of the tab key, and the arrow keys from there. */
export function Switch<Name extends string>({ legend, names, wordsOf, chosen, onChoose }: Shown<Name>) {
  return (
    <fieldset class="switch">
      <legend class="hidden">{legend}</legend>
      {names.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name={legend}
            class="hidden"
            checked={name === chosen}
            onChange={() => onChoose(name)}
            aria-label={wordsOf(name)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
