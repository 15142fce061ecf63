type Held = Readonly<{ element: HTMLElement; item: HTMLElement | null; section: string }>;

/** Where the focus goes when there is no better place; it is also where the skip link leads. */
export const mainId = 'main';

/**
 * Keeps the focus where somebody works: when the element that has it goes away, the first button of its item of a list
 * takes it, or else the heading of its section, also of the section which has come in its place.
 */
export function holdFocus(page: HTMLElement): void {
  let held: Held | undefined;
  page.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    const section = target.closest('[aria-labelledby]')?.getAttribute('aria-labelledby') ?? mainId;
    held = { element: target, item: target.closest('li'), section };
  });
  const isLost = () => document.activeElement === document.body;
  page.addEventListener('focusout', () =>
    // Who has clicked beside everything wants no focus; what goes away has no say in it.
    queueMicrotask(() => {
      if (isLost() && held?.element.isConnected) held = undefined;
    }),
  );
  new MutationObserver(() => {
    if (!held || held.element.isConnected || !isLost()) return;
    const inItem = held.item?.isConnected ? held.item.querySelector('button') : null;
    if (inItem) inItem.focus();
    else focusOn(held.section);
  }).observe(page, { childList: true, subtree: true });
}

/** Gives the focus to the element of this id, or to the page's main part. */
export function focusOn(id: string): void {
  const place = document.getElementById(id) ?? document.getElementById(mainId);
  if (place && place.tabIndex < 0) place.tabIndex = -1;
  place?.focus();
}
