import { drill } from '../support/engines/drill.ts';
import { startMysqlGroup } from '../support/engines/mysql-group.ts';

drill({ name: 'primary of a MySQL group of three', firstRow: 1, file: import.meta.filename }, startMysqlGroup);
