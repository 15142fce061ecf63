import { type EntityManager, UniqueConstraintViolationException } from '@mikro-orm/mysql';
import { BadConfig, type Config, demoPasswords } from '../config.ts';
import { Product } from '../entities/catalog.entity.ts';
import { User } from '../entities/accounts.entity.ts';
import { openPasswords } from './passwords.ts';

/** Logins of the demo data; never created in production. */
const [demoPassword, adminPassword] = demoPasswords;
const demo = { email: 'demo@example.com', password: demoPassword, name: 'Demo Customer' };
const demoAdministrator = { email: 'admin@example.com', password: adminPassword };

/**
 * Puts the demo customer (1), the administrator (2) and two products into an empty database; later it does nothing.
 * @throws BadConfig when the administrator is to have the customer's address.
 */
export async function seedDemo(em: EntityManager, config: Config): Promise<void> {
  const passwords = openPasswords();
  await em.transactional(async (tx) => {
    if ((await tx.count(User)) > 0) return;
    const admin = administratorOf(config) ?? demoAdministrator;
    if (admin.email === demo.email)
      throw new BadConfig(`ADMIN_EMAIL is ${demo.email}, the address of the demo's customer: set it to another one.`);
    await tx.insertMany(User, [
      { id: 1, email: demo.email, name: demo.name, role: 'user', passwordHash: await passwords.hash(demo.password) },
      {
        id: 2,
        email: admin.email,
        name: 'Administrator',
        role: 'admin',
        passwordHash: await passwords.hash(admin.password),
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
 * @throws BadConfig in production, when there is none and they name none; and when the address is somebody else's already.
 */
export async function seedAdministrator(em: EntityManager, config: Config): Promise<void> {
  await requireAdministrator(em, config);
  const admin = administratorOf(config);
  if (!admin || (await em.count(User, { role: 'admin' })) > 0) return;
  const passwordHash = await openPasswords().hash(admin.password);
  await em
    .insert(User, { email: admin.email, name: 'Administrator', role: 'admin', passwordHash })
    .catch(async (error: unknown) => {
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      // Another who migrates at the same time has been quicker.
      if ((await em.count(User, { role: 'admin' })) > 0) return;
      const meant = config.ADMIN_EMAIL ? 'ADMIN_EMAIL' : `ADMIN_EMAIL is not set, and ${admin.email}`;
      throw new BadConfig(
        `${meant} is the address of an account that is no administrator: set it to one that nobody has yet.`,
      );
    });
}

/**
 * What every process asks of the accounts before it serves anybody: that somebody can administer, and that the demo's passwords
 * open nothing in production. @throws BadConfig
 */
export async function requireAccounts(em: EntityManager, config: Config): Promise<void> {
  await requireAdministrator(em, config);
  await refuseDemoPasswords(em, config);
}

/** @throws BadConfig when nobody could administer: none in MySQL, none named, and demo logins are not for production. */
async function requireAdministrator(em: EntityManager, config: Config): Promise<void> {
  if (administratorOf(config) || (await em.count(User, { role: 'admin' })) > 0) return;
  throw new BadConfig('There is no administrator: set ADMIN_EMAIL and ADMIN_PASSWORD, and run `npm run migrate`.');
}

/** The demo data may once have been put into this database, whatever its accounts are called by now. */
async function refuseDemoPasswords(em: EntityManager, config: Config): Promise<void> {
  if (!config.isProduction) return;
  const emails = [demo.email, demoAdministrator.email];
  const made = { deletedAt: null, $or: [{ id: { $lte: 2 } }, { email: { $in: emails } }] };
  const passwords = openPasswords();
  const open: string[] = [];
  for (const { id, passwordHash } of await em.find(User, made, { orderBy: { id: 'asc' }, disableIdentityMap: true }))
    for (const password of demoPasswords) if (await passwords.fits(password, passwordHash)) open.push(`user ${id}`);
  if (open.length > 0)
    throw new BadConfig(
      `The demo's password, which everybody knows, opens the account of ${open.join(' and ')}: start with ` +
        'NODE_ENV=development and HOST=127.0.0.1, change the password (PATCH /users/{id}) or delete the account, and start again. ' +
        'ADMIN_PASSWORD is for the first administrator of a new database.',
    );
}

function administratorOf({ ADMIN_EMAIL: email, ADMIN_PASSWORD: password, isProduction }: Config) {
  if (email && password) return { email, password };
  return isProduction
    ? undefined
    : { ...demoAdministrator, ...(email ? { email } : {}), ...(password ? { password } : {}) };
}
