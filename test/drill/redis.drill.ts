import { drill } from '../support/engines/drill.ts';
import { startRedisCluster } from '../support/engines/redis-cluster.ts';
import { startSentinels } from '../support/engines/redis-sentinels.ts';

const file = import.meta.filename;
drill({ name: 'master of a Redis under three sentinels', firstRow: 7, file }, startSentinels);
drill({ name: 'node of the payments in a Redis cluster of six', firstRow: 10, file }, startRedisCluster);
