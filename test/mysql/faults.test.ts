import { expect, test } from 'vitest';
import { isAway, isFenced, isTransient, mayHaveCommitted, NoWritableServer } from '../../src/mysql/faults.ts';

const said = (errno: number, code = '') => Object.assign(new Error('from the server'), { errno, code });
const lost = Object.assign(new Error('gone'), { code: 'PROTOCOL_CONNECTION_LOST' });
const closed = new Error("Can't add new command when connection is in closed state");

const cases = [
  // What, done anew, another server is the one, answered 503, may have committed.
  ['deadlock, also of Galera at COMMIT', said(1213), true, false, false, false],
  ['a certification that failed', said(3101), true, false, false, false],
  ['a write conflict of TiDB', said(9007), true, false, false, false],
  ['--read-only', said(1290), true, true, true, false],
  ['read-only mode', said(1836), true, true, true, false],
  ['Galera not ready', said(1047), true, true, true, true],
  ['a hook of Group Replication', said(3100), true, true, true, true],
  ['going down', said(1053, 'ER_SERVER_SHUTDOWN'), true, true, true, true],
  ['connection lost', lost, true, false, true, true],
  ['connection closed before', closed, true, false, true, false],
  ['nobody takes writes', new NoWritableServer('none'), true, false, true, true],
  ['nobody listens', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), false, false, true, true],
  ['a full disk', said(1114, 'ER_RECORD_FILE_FULL'), false, false, true, true],
  ['a key that is there already', said(1062, 'ER_DUP_ENTRY'), false, false, false, true],
  ['a file that is not there', Object.assign(new Error('no file'), { code: 'ENOENT' }), false, false, false, true],
] as const;

test.each(cases)('%s', (_, error, ...is) => {
  expect([isTransient(error), isFenced(error), isAway(error), mayHaveCommitted(error)]).toEqual(is);
});
