import { useEffect, useRef, useState } from 'preact/hooks';
import type { User } from '../api/use-session.ts';
import { focusOn, mainId } from '../parts/hold-focus.ts';
import { useSettled } from '../parts/use-settled.ts';
import { go } from './address.ts';
import { type Destination, thingsFor, viewsFor } from './destinations.ts';

type Shown = Readonly<{ user: User | undefined; isOpen: boolean; onOpen(isOpen: boolean): void }>;

/** Goes to a view, an order, a symbol, a product or a job by a few letters; Ctrl-K or ⌘K opens it from anywhere. */
export function Palette({ user, isOpen, onOpen }: Shown) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || event.altKey || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      onOpen(true);
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, []);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const leave = (path: string) => {
    onOpen(false);
    dialog.current?.close();
    go(path);
    // The view may only now be on its way; the part that it will be in is what has the focus.
    requestAnimationFrame(() => focusOn(mainId));
  };
  return (
    <dialog ref={dialog} class="palette" aria-label="Go to" onClose={() => onOpen(false)}>
      {isOpen && <Chooser user={user} onChoose={leave} />}
    </dialog>
  );
}

function Chooser({ user, onChoose }: Readonly<{ user: User | undefined; onChoose(path: string): void }>) {
  const [words, setWords] = useState('');
  const [index, setIndex] = useState(0);
  const all = useDestinations(words.trim(), user);
  const onInput = ({ currentTarget: { value } }: { currentTarget: HTMLInputElement }) => {
    setWords(value);
    setIndex(0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setIndex((index + step + all.length) % Math.max(1, all.length));
    else if (event.key === 'Enter' && all[index]) onChoose(all[index].path);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        role="combobox"
        aria-label="A view, symbol or product, or the id of an order or a job"
        aria-expanded="true"
        aria-controls="destinations"
        aria-activedescendant={all[index] && `destination-${index}`}
        placeholder="A view, symbol or product, or an id"
        autocomplete="off"
        spellcheck={false}
        maxLength={64}
        autofocus
        value={words}
        onInput={onInput}
        onKeyDown={onKeyDown}
      />
      <Destinations all={all} index={index} onChoose={onChoose} />
    </>
  );
}

/** Views at once, and what has to be asked for once the hand has rested. */
function useDestinations(words: string, user: User | undefined): readonly Destination[] {
  const settled = useSettled(words);
  const [things, setThings] = useState<readonly Destination[]>([]);
  useEffect(() => {
    setThings([]);
    if (settled.length < 2) return undefined;
    let isOld = false;
    void thingsFor(settled, user).then((found) => isOld || setThings(found));
    return () => {
      isOld = true;
    };
  }, [settled]);
  return [...viewsFor(words, user), ...things];
}

type Listed = Readonly<{ all: readonly Destination[]; index: number; onChoose(path: string): void }>;

function Destinations({ all, index, onChoose }: Listed) {
  return (
    <>
      <ul id="destinations" role="listbox" aria-label="Places">
        {all.map(({ kind, title, path }, at) => (
          <li
            key={`${kind} ${path}`}
            id={`destination-${at}`}
            role="option"
            aria-selected={at === index}
            onClick={() => onChoose(path)}
          >
            {title} <span class="faint">{kind}</span>
          </li>
        ))}
      </ul>
      <p role="status" class="faint">
        {all.length === 0 && 'Nothing is called so.'}
      </p>
    </>
  );
}
