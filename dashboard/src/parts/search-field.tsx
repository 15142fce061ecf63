type Search = Readonly<{
  label: string;
  words: string;
  onWords(words: string): void;
  placeholder?: string;
  maxLength?: number;
  /** Names of things, which no dictionary has. */
  isName?: boolean;
}>;

/** Where words are typed by which something is found. */
export function SearchField({ label, words, onWords, placeholder, maxLength = 100, isName = false }: Search) {
  return (
    <label>
      {label}
      <input
        type="search"
        maxLength={maxLength}
        placeholder={placeholder}
        {...(isName && { spellcheck: false })}
        value={words}
        onInput={({ currentTarget }) => onWords(currentTarget.value)}
      />
    </label>
  );
}
