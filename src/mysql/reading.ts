import type { EntityManager, MikroORM } from '@mikro-orm/mysql';
import { shedLoad } from './shed-load.ts';

const name = 'orderflow:reading';

/** Lets lists and histories be read where `replica` leads to. */
export function readFrom(orm: MikroORM, replica: MikroORM): void {
  orm.config.registerExtension(name, () => replica);
}

/**
 * For lists and histories: from a replica where there is one, which may be behind by what was written in the last moments. Whatever
 * decides about money, stock or who may is read where it is written. Readers who crowd a replica keep each other out, and nobody else.
 * @throws Problem overloaded
 */
export function readingEm(orm: MikroORM): EntityManager {
  const from = orm.config.getExtension<MikroORM>(name) ?? orm;
  shedLoad(from);
  return from.em.fork();
}
