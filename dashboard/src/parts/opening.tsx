import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { DeedForm, type Work } from './deed-form.tsx';

type Shown = Readonly<{
  button: string;
  /** What it is for whoever hears it without its surroundings. */
  label?: string;
  /** What is asked, with fields where there is more to say than yes. */
  children?: ComponentChildren;
  yes: string;
  onYes: Work;
}>;

/** A button that opens a small form: what cannot be undone is asked about first. */
export function Opening({ button, label = button, children, yes, onYes }: Shown) {
  const [isOpen, setIsOpen] = useState(false);
  if (!isOpen)
    return (
      <button type="button" aria-label={label} onClick={() => setIsOpen(true)}>
        {button}
      </button>
    );
  const close = () => setIsOpen(false);
  return (
    <DeedForm label={label} button={yes} onSubmit={(fields) => onYes(fields).then(close)} onClose={close}>
      {children}
    </DeedForm>
  );
}
