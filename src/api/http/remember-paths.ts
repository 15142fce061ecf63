import type { Result, Router } from 'hono/router';

/**
 * Remembers which steps lead to whole paths, those without parameters, of which there are as many as routes: they never change, and
 * finding them costs more than most of the steps do. The router must know all its routes by then.
 */
export function rememberPaths<T>(router: Router<T>, paths: Iterable<string>): Router<T> {
  const whole = new Set(paths);
  const known = new Map<string, Result<T>>();
  return {
    name: router.name,
    add: (method, path, handler) => router.add(method, path, handler),
    match(method, path) {
      if (!whole.has(path)) return router.match(method, path);
      const name = `${method} ${path}`;
      const found = known.get(name) ?? router.match(method, path);
      // Methods that nobody has are as many as anybody thinks of.
      if (methods.has(method)) known.set(name, found);
      return found;
    },
  };
}

const methods = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);
