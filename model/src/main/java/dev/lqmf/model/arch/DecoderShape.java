package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Embedding;
import dev.lqmf.model.network.Head;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Projection;
import dev.lqmf.model.network.Stack;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The sizes of a decoder whose modules are named as Llama's are, and the parts that follow from
 * them.
 *
 * @param config of the model
 * @param width of the hidden state
 * @param layers blocks
 * @param heads query heads
 * @param keyHeads key and value heads
 * @param headSize elements of a head
 * @param inner width of the MLP
 * @param vocabulary tokens
 */
record DecoderShape(
    NetworkConfig config,
    int width,
    int layers,
    int heads,
    int keyHeads,
    int headSize,
    int inner,
    int vocabulary) {

  /** Reads the sizes. Heads share the width, unless the configuration gives their size. */
  static DecoderShape of(NetworkConfig c) {
    int width = c.size("hidden_size");
    int heads = c.size("num_attention_heads");
    OptionalInt headSize = c.optionalSize("head_dim");
    return new DecoderShape(
        c,
        width,
        c.size("num_hidden_layers"),
        heads,
        c.keyHeads(heads, "num_key_value_heads"),
        headSize.isPresent() ? headSize.getAsInt() : c.headSize(width, heads),
        c.size("intermediate_size"),
        c.size("vocab_size"));
  }

  static String layer(int i) {
    return "model.layers." + i;
  }

  Norm rms(String module, double epsilon) {
    return Norm.rms(module, width, epsilon);
  }

  Norm layerNorm(String module, double epsilon) {
    return Norm.layer(module, width, epsilon);
  }

  /** {@code q_proj}, {@code k_proj}, {@code v_proj} and the output. */
  Attention.Builder attention(String module, boolean bias, String output, boolean outputBias) {
    int queries = heads * headSize;
    int keys = keyHeads * headSize;
    return Attention.of(
            heads,
            headSize,
            new Projection.Separate(
                new Linear(module + ".q_proj", width, queries, bias),
                new Linear(module + ".k_proj", width, keys, bias),
                new Linear(module + ".v_proj", width, keys, bias)),
            new Linear(module + "." + output, queries, width, outputBias))
        .keyHeads(keyHeads);
  }

  /** As above, the output called {@code o_proj}. */
  Attention.Builder attention(String module, boolean bias) {
    return attention(module, bias, "o_proj", bias);
  }

  /** {@code gate_proj}, {@code up_proj}, {@code down_proj}. */
  Mlp.Gated gated(String module, int size, Activation activation, boolean bias) {
    return new Mlp.Gated(
        new Linear(module + ".gate_proj", width, size, bias),
        new Linear(module + ".up_proj", width, size, bias),
        activation,
        new Linear(module + ".down_proj", size, width, bias));
  }

  /** {@code gate_up_proj}, {@code down_proj}. */
  Mlp.FusedGated fusedGated(String module, Activation activation) {
    return new Mlp.FusedGated(
        new Linear(module + ".gate_up_proj", width, 2 * inner, false),
        activation,
        new Linear(module + ".down_proj", inner, width, false));
  }

  Embedding embedding() {
    return Embedding.of("model.embed_tokens", vocabulary, width);
  }

  Head head() {
    return Head.of(
        new Linear("lm_head", width, vocabulary, false), config.flag("tie_word_embeddings"));
  }

  Stack stack(Embedding embedding, IntFunction<Block> block, Norm norm) {
    return new Stack(
        embedding, width, IntStream.range(0, layers).mapToObj(block).toList(), Optional.of(norm));
  }

  /** The whole, with names below {@code model.}. */
  Network network(Embedding embedding, IntFunction<Block> block, Norm norm, Head head) {
    return Network.decoder(
        config.config().architecture(),
        "model.",
        stack(embedding, block, norm),
        head,
        config.optionalSize("max_position_embeddings"));
  }
}
