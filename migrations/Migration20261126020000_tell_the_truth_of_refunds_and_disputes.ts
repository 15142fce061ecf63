import { Migration } from '@mikro-orm/migrations';

export class Migration20261126020000_tell_the_truth_of_refunds_and_disputes extends Migration {

  override name = 'Migration20261126020000_tell_the_truth_of_refunds_and_disputes';

  override up(): void | Promise<void> {
    this.addSql(`create table \`disputes\` (\`id\` varchar(36) not null, \`order_id\` varchar(36) not null, \`payment_id\` varchar(36) not null, \`gateway_reference\` varchar(255) not null, \`status\` varchar(30) not null, \`reason\` varchar(100) null, \`amount_minor\` bigint unsigned not null, \`currency\` char(3) not null, \`created_at\` datetime(3) not null, \`told_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_bin engine = InnoDB;`);
    this.addSql(`alter table \`disputes\` add index \`disputes_order_id_index\` (\`order_id\`);`);
    this.addSql(`alter table \`disputes\` add index \`disputes_payment_id_index\` (\`payment_id\`);`);
    this.addSql(`alter table \`disputes\` add unique \`disputes_gateway_reference_unique\` (\`gateway_reference\`);`);
    this.addSql(`alter table \`gateway_calls\` add \`event_id\` varchar(255) null;`);
    this.addSql(`alter table \`gateway_calls\` modify \`outcome\` varchar(60) null;`);
    this.addSql(`alter table \`refunds\` add \`reason\` varchar(200) null;`);
    this.addSql(`alter table \`order_history\` modify \`subject\` enum('order','payment','refund','dispute') not null;`);
    this.addSql(`alter table \`disputes\` add constraint \`disputes_order_id_foreign\` foreign key (\`order_id\`) references \`orders\` (\`id\`);`);
    this.addSql(`alter table \`disputes\` add constraint \`disputes_payment_id_foreign\` foreign key (\`payment_id\`) references \`payments\` (\`id\`);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`disputes\`;`);
    this.addSql(`alter table \`gateway_calls\` drop column \`event_id\`;`);
    // What is longer than the column was is cut here: a server in strict mode would refuse.
    this.addSql(`update \`gateway_calls\` set \`outcome\` = left(\`outcome\`, 30) where char_length(\`outcome\`) > 30;`);
    this.addSql(`alter table \`gateway_calls\` modify \`outcome\` varchar(30) null;`);
    this.addSql(`alter table \`refunds\` drop column \`reason\`;`);
    this.addSql(`delete from \`order_history\` where \`subject\` = 'dispute';`);
    this.addSql(`alter table \`order_history\` modify \`subject\` enum('order','payment','refund') not null;`);
  }

}
