import { z } from 'zod';
import { until } from '../processes/process.ts';
import { type MysqlServer, startMysql } from '../stores/mysql-server.ts';

/** A server that takes writes, and one that follows it and takes none until it is told to. */
export type MysqlPair = Readonly<{
  env: Readonly<Record<string, string>>;
  first: MysqlServer;
  second: MysqlServer;
  /** Resolves when the second has everything that the first has written. */
  inStep(): Promise<void>;
  /** The second stands still, as one that is far behind, until it goes on. */
  hold(): Promise<void>;
  goOn(): Promise<void>;
  /** Starts the second again after a kill; it follows on. */
  restartSecond(): Promise<void>;
  /** The second takes writes from now on. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}>;

const database = 'orderflow_test_pair';
const Version = z.tuple([z.object({ version: z.string() })]);
const Place = z.tuple([z.looseObject({ File: z.string(), Position: z.coerce.number() })]);
const Mark = z.tuple([z.object({ mark: z.string() })]);

/** Starts both; MYSQL_HOST names the second first. */
export async function startMysqlPair(): Promise<MysqlPair> {
  const program = process.env['TEST_MYSQL_SERVER'] ?? '';
  // A follower that is killed fetches anew what it has not carried out.
  const follower = ['--read-only=ON', '--relay-log-recovery=ON'];
  const own = (id: number) => ['--log-bin=binlog', `--server-id=${id}`, ...(id === 2 ? follower : [])];
  const [first, second] = await Promise.all([startMysql(database, own(1)), startMysql(database, own(2))]);
  const port = (server: MysqlServer) => server.env['MYSQL_PORT'] ?? '';
  const [{ version }] = Version.parse(await first.asRoot('select version() as version'));
  const words = /mariadb/i.test(version) ? mariadb : mysql;
  const password = first.env['MYSQL_PASSWORD'] ?? '';
  // Each start gives its user the password of its own folder.
  const shareLogin = () =>
    second.asRoot(
      'set session sql_log_bin = 0',
      `alter user '${first.env['MYSQL_USER']}'@'127.0.0.1' identified by '${password}'`,
    );
  await shareLogin();
  await first.asRoot(
    `create user 'follower'@'127.0.0.1' identified by 'follow'`,
    `grant replication slave on *.* to 'follower'@'127.0.0.1'`,
  );
  const placeOf = async () => Place.parse(await first.asRoot(words.place))[0];
  const [{ mark }] = Mark.parse(await first.asRoot(words.mark));
  const { File, Position } = await placeOf();
  await second.asRoot(...words.follow(port(first), { file: File, position: Position, mark }), words.start);
  return {
    env: { ...first.env, MYSQL_HOST: `127.0.0.1:${port(second)},127.0.0.1:${port(first)}`, MYSQL_PORT: '' },
    first,
    second,
    async inStep() {
      const wanted = await placeOf();
      await until(`${program} has followed to ${wanted.Position}`, async () => {
        const [status] = await second.asRoot(words.status);
        const at = [words.at.file, words.at.position].map((name) => String(status?.[name]));
        return (at[0] === wanted.File && Number(at[1]) >= wanted.Position) || undefined;
      });
    },
    hold: async () => void (await second.asRoot(words.stop)),
    goOn: async () => void (await second.asRoot(words.start)),
    async restartSecond() {
      await second.restart();
      await shareLogin();
    },
    promote: async () => void (await second.asRoot(words.stop, 'set global read_only = 0')),
    async stop() {
      await Promise.all([first.stop(), second.stop()]);
    },
  };
}

const mariadb = {
  place: 'show master status',
  // Only a place named so is kept together with what has been carried out, so that none is carried out twice after a kill.
  mark: 'select @@gtid_binlog_pos as mark',
  follow: (port: string, { mark }: Readonly<{ file: string; position: number; mark: string }>) => [
    `set global gtid_slave_pos = '${mark}'`,
    `change master to master_host = '127.0.0.1', master_port = ${port}, master_user = 'follower', master_password = 'follow',
     master_use_gtid = slave_pos`,
  ],
  start: 'start slave',
  stop: 'stop slave',
  status: 'show slave status',
  at: { file: 'Relay_Master_Log_File', position: 'Exec_Master_Log_Pos' },
};

const mysql: typeof mariadb = {
  place: 'show binary log status',
  mark: `select '' as mark`,
  follow: (port, { file, position }) => [
    `change replication source to source_host = '127.0.0.1', source_port = ${port}, source_user = 'follower',
     source_password = 'follow', source_log_file = '${file}', source_log_pos = ${position}, get_source_public_key = 1`,
  ],
  start: 'start replica',
  stop: 'stop replica',
  status: 'show replica status',
  at: { file: 'Relay_Source_Log_File', position: 'Exec_Source_Log_Pos' },
};
