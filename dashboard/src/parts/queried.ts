/** A list's path with what was chosen; what is empty is not asked for. */
export function queried(path: string, chosen: Readonly<Record<string, string>>, limit = 20): string {
  const asked = Object.entries(chosen).filter(([, value]) => value !== '');
  return `${path}?${new URLSearchParams([['limit', String(limit)], ...asked])}`;
}
