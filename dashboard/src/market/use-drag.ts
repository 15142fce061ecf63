import type { ButtonHTMLAttributes } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

type Handle = ButtonHTMLAttributes;

/** Rows that are moved by a handle: dragged by the mouse or a finger, or by the arrow keys. */
export type Drag = Readonly<{
  /** The row over which one is held now. */
  over: string | undefined;
  /** What a row's handle hears; `above` and `below` are the rows beside it, in the same group. */
  handleOf(row: string, above: string | undefined, below: string | undefined): Handle;
}>;

/** Tells which row somebody wants in the place of which other. */
export function useDrag(onMove: (row: string, place: string) => void): Drag {
  const [over, setOver] = useState<string>();
  const moved = useRef<HTMLElement>(undefined);
  // What moves in the document loses the focus, which the next key needs.
  useLayoutEffect(() => {
    moved.current?.focus();
    moved.current = undefined;
  });
  return {
    over,
    handleOf: (row, above, below) => ({
      onKeyDown(event) {
        const place = { ArrowUp: above, ArrowDown: below }[event.key];
        if (!event.key.startsWith('Arrow')) return;
        event.preventDefault();
        if (place === undefined) return;
        moved.current = event.currentTarget;
        onMove(row, place);
      },
      onPointerDown: ({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId),
      onPointerMove({ currentTarget, pointerId, clientX, clientY }) {
        if (currentTarget.hasPointerCapture(pointerId)) setOver(rowAt(currentTarget, clientX, clientY));
      },
      onLostPointerCapture() {
        if (over !== undefined && over !== row) onMove(row, over);
        setOver(undefined);
      },
    }),
  };
}

/** The row at a point, of the group of the handle. */
function rowAt(handle: Element, x: number, y: number): string | undefined {
  const row = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-row]');
  return row?.parentElement === handle.closest('tbody') ? row?.dataset['row'] : undefined;
}
