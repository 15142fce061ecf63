/** What a file imports at run time, as it says so: `./order.ts`, `hono`, `node:path`. */
export function importsOf(text: string): string[] {
  return specifiersOf(text, /^(?:import|export)\s(?!type\b)(?:[^;']*?\bfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm);
}

/** The same with what it imports for its types alone. */
export function allImportsOf(text: string): string[] {
  return specifiersOf(text, /^(?:import|export)\s(?:[^;']*?\bfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm);
}

function specifiersOf(text: string, statement: RegExp): string[] {
  return Array.from(text.matchAll(statement), ([, fixed, late]) => fixed ?? late ?? '');
}
