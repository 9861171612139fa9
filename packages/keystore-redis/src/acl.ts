/**
 * All that the key store needs, on keys that begin with its prefix. What stands after `+info` is for clusters only;
 * `client|setname` is asked for by the client library, and its refusal does no harm but fills the server's ACL LOG.
 */
export const ACL_RIGHTS =
  "+hset +hscan +hkeys +hmget +pexpire +multi +exec +info +cluster|slots +cluster|info +readonly +client|setname";
