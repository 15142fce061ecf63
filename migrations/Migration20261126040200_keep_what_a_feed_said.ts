import { Migration } from '@mikro-orm/migrations';

/** What a feed said last, part by part; null until it is read again, as of rows that no feed has. */
export class Migration20261126040200_keep_what_a_feed_said extends Migration {

  override name = 'Migration20261126040200_keep_what_a_feed_said';

  override up(): void | Promise<void> {
    this.addSql('alter table `products` add `feed_said` json null;');
  }

  override down(): void | Promise<void> {
    this.addSql('alter table `products` drop column `feed_said`;');
  }

}
