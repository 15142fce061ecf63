import { drill } from '../support/engines/drill.ts';
import { startRedisCluster } from '../support/engines/redis-cluster.ts';
import { startSentinels } from '../support/engines/redis-sentinels.ts';

drill('master of a Redis under three sentinels', startSentinels);
drill('node of the payments in a Redis cluster of six', startRedisCluster);
