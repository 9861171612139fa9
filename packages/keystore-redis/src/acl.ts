/** All that the key store needs, on keys that begin with its prefix. `cluster|...` is for clusters only. */
export const ACL_RIGHTS =
  "+hset +hscan +hkeys +hmget +pexpire +multi +exec +info +cluster|slots +cluster|info +readonly";
