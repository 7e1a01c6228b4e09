package dev.lqmf.model.network;

/** Something added to attention scores that depends on the positions of query and key. */
public sealed interface ScoreBias {

  /**
   * ALiBi: slope of the head × position of the key (Press et al., 2021).
   *
   * @param scale the slopes are multiplied by it
   * @param rounded whether slope and product are rounded to bfloat16, as Falcon does
   */
  record Alibi(double scale, boolean rounded) implements ScoreBias {}

  /**
   * T5: a learned number per head and bucket of distances. Half of the buckets hold one distance
   * each, the others widen logarithmically.
   *
   * @param module the embedding, {@code [buckets, heads]}
   * @param buckets how many
   * @param maxDistance distances from here on share the last bucket
   * @param bidirectional whether keys before and after the query have buckets of their own
   */
  record Buckets(String module, int buckets, int maxDistance, boolean bidirectional)
      implements ScoreBias {}
}
