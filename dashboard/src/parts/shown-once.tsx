import { useState } from 'preact/hooks';

type Shown = Readonly<{ name: string; value: string; onDone(): void }>;

/** A secret that nobody can read again: to be copied now. */
export function ShownOnce({ name, value, onDone }: Shown) {
  const [said, setSaid] = useState('');
  // A browser gives its clipboard only to pages that came safely.
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setSaid('It is copied.');
  };
  return (
    <div class="fields once" role="group" aria-label={name}>
      <label>
        {name}: it is shown this once, so keep it where secrets are kept
        <input readOnly spellcheck={false} value={value} onFocus={({ currentTarget }) => currentTarget.select()} />
      </label>
      <button type="button" class="main" onClick={() => void copy().catch(() => setSaid('Copy it by hand.'))}>
        Copy
      </button>
      <button type="button" onClick={onDone}>
        I have kept it
      </button>
      <p role="status">{said}</p>
    </div>
  );
}
