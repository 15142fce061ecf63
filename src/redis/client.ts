import type { Cluster, Redis as Single } from 'ioredis';

/** A connection to Redis, whether that is one server, the master that sentinels name, or a cluster. */
export type Redis = Single | Cluster;
