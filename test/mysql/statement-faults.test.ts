import { expect, test } from 'vitest';
import { faultOf } from '../support/stores/statement-faults.ts';

test.each([
  'select * from `outbox_messages` limit 10 for update skip locked',
  'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'set session sql_mode = ""',
  'set @position := 1',
  'select @position := @position + 1',
  'select last_insert_id()',
  "select get_lock('sweep', 1)",
  'create temporary table found (id int)',
  'update `outbox_messages` set `claim` = ?, `lease_until` = ? where `id` in (?)',
  'update event_log e set e.position = ? where e.id = ?',
  'select * from orders lock in share mode',
])('%s must not be sent', (sql) => {
  expect(faultOf(sql)).toBeDefined();
});

test.each([
  'set session transaction isolation level read committed',
  'update `outbox_messages` set `claim` = ?, `lease_until` = utc_timestamp(3) where `id` in (?) and `lease_until` < utc_timestamp(3)',
  'insert into `event_versions` (`version`) values (?) on duplicate key update version = last_insert_id(version + values(version))',
  'select @@global.read_only',
  String.raw`select * from products where title = 'it\'s @one = two, ''for update skip locked'''`,
])('%s may be sent', (sql) => {
  expect(faultOf(sql)).toBeUndefined();
});
