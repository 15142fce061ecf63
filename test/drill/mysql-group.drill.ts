import { drill } from '../support/engines/drill.ts';
import { startMysqlGroup } from '../support/engines/mysql-group.ts';

drill('primary of a MySQL group of three', startMysqlGroup);
