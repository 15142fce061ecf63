/** Where the code of a second factor is typed. */
export function CodeField({ code, onCode }: Readonly<{ code: string; onCode(code: string): void }>) {
  return (
    <label>
      Code of your app
      <input
        name="code"
        autocomplete="one-time-code"
        required
        value={code}
        onInput={({ currentTarget: { value } }) => onCode(value)}
      />
    </label>
  );
}
