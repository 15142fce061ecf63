type Shown = Readonly<{
  name: string;
  value: string;
  options: readonly string[];
  /** What it is called when nothing is chosen; something is, where that has no name. */
  none?: string;
  onChoose(value: string): void;
}>;

/** Chooses one of a few, or none. */
export function Chosen({ name, value, options, none, onChoose }: Shown) {
  return (
    <label>
      {name}
      <select value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {options.map((option) => (
          <option key={option} value={option}>
            {option.replaceAll('_', ' ')}
          </option>
        ))}
      </select>
    </label>
  );
}
