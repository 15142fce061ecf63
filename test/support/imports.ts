/** What a file imports at run time, as it says so: `./order.ts`, `hono`, `node:path`. */
export function importsOf(text: string): string[] {
  const statements = text.matchAll(
    /^(?:import|export)\s(?!type\b)(?:[^;']*?\bfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return Array.from(statements, ([, fixed, late]) => fixed ?? late ?? '');
}
