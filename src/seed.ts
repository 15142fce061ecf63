import type { EntityManager } from '@mikro-orm/mysql';
import { BadConfig, type Config } from './config.ts';
import { Product } from './entities/product.entity.ts';
import { User } from './entities/user.entity.ts';
import { hashPassword } from './passwords.ts';

/** Logins of the demo data; never created in production. */
const demo = { email: 'demo@example.com', password: 'orderflow-demo', name: 'Demo Customer' };
const demoAdministrator = { email: 'admin@example.com', password: 'orderflow-admin' };

/** Puts the demo customer (1), the administrator (2) and two products into an empty database; later it does nothing. */
export async function seedDemo(em: EntityManager, config: Config): Promise<void> {
  await em.transactional(async (tx) => {
    if ((await tx.count(User)) > 0) return;
    const admin = administratorOf(config) ?? demoAdministrator;
    await tx.insertMany(User, [
      { id: 1, email: demo.email, name: demo.name, role: 'user', passwordHash: await hashPassword(demo.password) },
      {
        id: 2,
        email: admin.email,
        name: 'Administrator',
        role: 'admin',
        passwordHash: await hashPassword(admin.password),
      },
    ]);
    await tx.insertMany(Product, [
      { id: 1, title: 'Field Notebook', priceMinor: 6_000, currency: 'USD', stock: null },
      { id: 2, title: 'Enamel Mug', priceMinor: 4_000, currency: 'USD', stock: null },
    ]);
  });
}

/**
 * Creates the administrator that `ADMIN_EMAIL` and `ADMIN_PASSWORD` name, when there is none.
 * @throws BadConfig in production, when there is none and they name none.
 */
export async function seedAdministrator(em: EntityManager, config: Config): Promise<void> {
  await requireAdministrator(em, config);
  const admin = administratorOf(config);
  if (!admin || (await em.count(User, { role: 'admin' })) > 0) return;
  const passwordHash = await hashPassword(admin.password);
  await em.insert(User, { email: admin.email, name: 'Administrator', role: 'admin', passwordHash });
}

/** @throws BadConfig when nobody could administer: none in MySQL, none named, and demo logins are not for production. */
export async function requireAdministrator(em: EntityManager, config: Config): Promise<void> {
  if (administratorOf(config) || (await em.count(User, { role: 'admin' })) > 0) return;
  throw new BadConfig('There is no administrator: set ADMIN_EMAIL and ADMIN_PASSWORD, and run `npm run migrate`.');
}

function administratorOf({ ADMIN_EMAIL: email, ADMIN_PASSWORD: password, isProduction }: Config) {
  if (email && password) return { email: email.toLowerCase(), password };
  return isProduction
    ? undefined
    : { ...demoAdministrator, ...(email ? { email } : {}), ...(password ? { password } : {}) };
}
