package dev.lqmf.model.network;

import java.util.List;

/** How queries, keys and values come from the input. */
public sealed interface Projection {

  /** Layers whose input is the block's hidden state, in order. */
  List<Linear> linears();

  /** Three layers. */
  record Separate(Linear query, Linear key, Linear value) implements Projection {
    @Override
    public List<Linear> linears() {
      return List.of(query, key, value);
    }
  }

  /**
   * One layer. Its output consists of {@code groups} equal parts, and each part of its share of the
   * queries, then of the keys, then of the values, of all heads in a row. One group: all queries,
   * all keys, all values (GPT-2, Phi-3). As many groups as heads: a query, a key, a value in turn
   * (BLOOM, GPT-NeoX). As many groups as key heads: the queries of a key, the key, the value
   * (Falcon).
   *
   * @param valueBeforeKey whether a part has values before keys (CodeGen)
   */
  record Fused(Linear linear, int groups, boolean valueBeforeKey) implements Projection {
    @Override
    public List<Linear> linears() {
      return List.of(linear);
    }
  }
}
