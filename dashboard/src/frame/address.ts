import { useEffect, useState } from 'preact/hooks';
import { openListeners } from '../api/listeners.ts';

/** Where the reader is: a view by its name, `''` at home, and the one thing that it shows, where it shows one. */
export type Address = Readonly<{ view: string; item: string | undefined }>;

const moved = openListeners<void>();
// Other paths are the API's own, and left to the browser.
const ours = /^\/(?:app\/([^/]+)(?:\/([^/]+))?\/?)?$/;

/** Calls back whenever the page has gone somewhere, until the returned function is called. */
export function onMove(listener: () => void): () => void {
  const close = moved.hear(listener);
  addEventListener('popstate', listener);
  return () => {
    close();
    removeEventListener('popstate', listener);
  };
}

/** Goes to a path of this page, as a link to it does; the browser's back leads here again. */
export function go(path: string): void {
  if (path !== `${location.pathname}${location.hash}`) history.pushState(null, '', path);
  scrollTo(0, 0);
  moved.tell();
}

/** The path of a view, or of one thing in it. */
export function pathOf(view: string, item?: string): string {
  if (view === '') return '/';
  return `/app/${view}${item === undefined ? '' : `/${encodeURIComponent(item)}`}`;
}

/** The address at which the page is. */
export function useAddress(): Address {
  const [address, setAddress] = useState(readAddress);
  useEffect(() => onMove(() => setAddress(readAddress())), []);
  return address;
}

/** Lets every plain click on a link to this page change the address alone: what is live goes on. */
export function followLinks(page: HTMLElement): void {
  page.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || !(event.target instanceof Element)) return;
    const link = event.target.closest('a');
    if (!link || link.target !== '' || link.origin !== location.origin) return;
    if (!ours.test(link.pathname) || !/^(#\?|$)/.test(link.hash)) return;
    event.preventDefault();
    go(`${link.pathname}${link.hash}`);
  });
}

function readAddress(): Address {
  const [, view = '', item] = ours.exec(location.pathname) ?? [];
  return { view: decoded(view), item: item === undefined ? undefined : decoded(item) };
}

/** What somebody has typed may be no encoding of anything. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
