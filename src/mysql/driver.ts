import { type Configuration, type MikroORM, MySqlConnection, MySqlDriver } from '@mikro-orm/mysql';
import { MysqlDialect } from 'kysely';
import type { Pool, PoolOptions } from 'mysql2';
import { schemaCheckOf } from './known-schema.ts';
import { Servers, type Wanted } from './servers.ts';

/** MikroORM's own connection, on a pool over several servers. */
class ServersConnection extends MySqlConnection {
  readonly #wanted: Wanted;
  #servers: Servers | undefined;

  constructor(config: Configuration, wanted: Wanted) {
    super(config);
    this.#wanted = wanted;
  }

  override async createKyselyDialect(overrides: PoolOptions): Promise<MysqlDialect> {
    const hasSchema = this.#wanted.replicas && (await schemaCheckOf(this.config));
    this.#servers = new Servers(this.#wanted, this.mapOptions(overrides), hasSchema);
    const onCreateConnection = this.config.get('onCreateConnection');
    return new MysqlDialect({ pool: this.#servers, ...(onCreateConnection && { onCreateConnection }) });
  }

  override async getNativeClient(): Promise<Pool> {
    await this.ensureConnection();
    return this.requireNativeClient(this.#servers?.pool);
  }

  longestWaitMs(): number {
    return this.#servers?.longestWaitMs() ?? 0;
  }
}

/** Makes MikroORM's driver for the servers that are wanted. */
export function driverFor(wanted: Wanted): typeof MySqlDriver {
  return class extends MySqlDriver {
    constructor(config: Configuration) {
      super(config);
      Object.assign(this, { connection: new ServersConnection(config, wanted) });
    }
  };
}

/** How long the first of those who wait for a connection has been waiting, ms. */
export function longestWaitMs(orm: MikroORM): number {
  const connection = orm.em.getDriver().getConnection();
  return connection instanceof ServersConnection ? connection.longestWaitMs() : 0;
}
