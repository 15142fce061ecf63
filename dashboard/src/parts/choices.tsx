type Shown = Readonly<{ legend: string; name: string; options: readonly string[]; chosen?: readonly string[] }>;

/** Chooses any of some. */
export function Choices({ legend, name, options, chosen = [] }: Shown) {
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option}>
          <input type="checkbox" name={name} value={option} defaultChecked={chosen.includes(option)} />
          {option}
        </label>
      ))}
    </fieldset>
  );
}
