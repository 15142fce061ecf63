/** Calls back whenever the page is seen again, until the returned function is called. */
export function onSeen(listener: () => void): () => void {
  const hear = () => {
    if (!document.hidden) listener();
  };
  document.addEventListener('visibilitychange', hear);
  return () => document.removeEventListener('visibilitychange', hear);
}
