import { Migration } from '@mikro-orm/migrations';

export class Migration20261127182239_keep_how_long_keys_were_granted extends Migration {

  override name = 'Migration20261127182239_keep_how_long_keys_were_granted';

  override up(): void | Promise<void> {
    this.addSql(`alter table \`api_keys\` add \`replaced_at\` datetime(3) null, add \`granted_until\` datetime(3) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`api_keys\` drop column \`replaced_at\`, drop column \`granted_until\`;`);
  }

}
