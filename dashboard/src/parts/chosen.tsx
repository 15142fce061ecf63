type Shown = Readonly<{
  name: string;
  value: string;
  options: readonly string[];
  /** What it is called when nothing is chosen; something is, where that has no name. */
  none?: string;
  onChoose(value: string): void;
}>;

/** What may be chosen, and what an address has chosen, which may be something else, or come before the others are known. */
export function optionsWith(value: string, options: readonly string[]): readonly string[] {
  return value === '' || options.includes(value) ? options : [value, ...options];
}

/** Chooses one of a few, or none. */
export function Chosen({ name, value, options, none, onChoose }: Shown) {
  return (
    <label>
      {name}
      <select value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {optionsWith(value, options).map((option) => (
          <option key={option} value={option}>
            {option.replaceAll('_', ' ')}
          </option>
        ))}
      </select>
    </label>
  );
}
