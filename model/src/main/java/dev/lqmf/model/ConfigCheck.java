package dev.lqmf.model;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Whether a configuration and the tensors beside it describe the same model. */
final class ConfigCheck {
  private static final String MEND =
      "take configuration and weights from one checkpoint, and all of its files";

  private static final String[] HEADS = {"num_attention_heads", "n_head", "n_heads"};
  private static final String[] LAYERS = {"n_layers", "num_hidden_layers", "n_layer", "num_layers"};
  private static final String[] WIDTH = {"hidden_size", "n_embd", "dim", "d_model"};

  private final HfConfig config;
  private final Map<String, TensorInfo> tensors;

  private ConfigCheck(HfConfig config, Map<String, TensorInfo> tensors) {
    this.config = config;
    this.tensors = tensors;
  }

  /**
   * Compares vocabulary size, width, layers and heads with the shapes of the tensors.
   *
   * @throws InputException that names the file, the key and both values
   */
  static void check(ModelContext context, List<TensorInfo> tensors) {
    new ConfigCheck(
            context.config(),
            tensors.stream().collect(Collectors.toMap(TensorInfo::name, Function.identity())))
        .check();
  }

  private void check() {
    if (!tensors.containsKey("token_embd.weight")) {
      throw new InputException(
          config.file().resolveSibling("") + " has no weights of the token embedding", MEND);
    }
    layers();
    dimension("token_embd.weight", 0, config.integer("vocab_size"), "vocab_size");
    dimension("token_embd.weight", 1, config.integer(WIDTH), config.name(WIDTH));
    TensorInfo up = tensors.get("blk.0.ffn_up.weight");
    OptionalLong inner = config.integer("intermediate_size");
    // Without a gate of its own, the matrix may hold one.
    boolean fused =
        up != null
            && inner.isPresent()
            && !tensors.containsKey("blk.0.ffn_gate.weight")
            && up.shape().rank() > 0
            && up.shape().dim(0) == 2 * inner.getAsLong();
    if (!fused) {
      dimension("blk.0.ffn_up.weight", 0, inner, "intermediate_size");
    }
    OptionalLong head = config.integer("head_dim");
    OptionalLong heads = config.integer(HEADS);
    if (head.isPresent() && heads.isPresent()) {
      dimension(
          "blk.0.attn_q.weight",
          0,
          OptionalLong.of(head.getAsLong() * heads.getAsLong()),
          "head_dim " + head.getAsLong() + " × " + config.name(HEADS));
      long kvHeads = config.integer("num_key_value_heads").orElse(heads.getAsLong());
      dimension(
          "blk.0.attn_k.weight",
          0,
          OptionalLong.of(head.getAsLong() * kvHeads),
          "head_dim " + head.getAsLong() + " × num_key_value_heads");
    }
  }

  private void layers() {
    layers("blk.", LAYERS);
    layers("enc.blk.", LAYERS);
    layers("dec.blk.", "num_decoder_layers");
  }

  private void layers(String begin, String... keys) {
    OptionalLong present =
        tensors.keySet().stream()
            .filter(n -> n.startsWith(begin))
            .mapToLong(
                n ->
                    Long.parseLong(n.substring(begin.length(), n.indexOf('.', begin.length()))) + 1)
            .max();
    if (present.isPresent() && config.count(keys) != present.getAsLong()) {
      throw contradiction(
          config.name(keys),
          config.count(keys),
          "the weights have " + present.getAsLong() + " layers");
    }
  }

  private void dimension(String tensor, int dimension, OptionalLong stated, String key) {
    TensorInfo info = tensors.get(tensor);
    if (info == null || stated.isEmpty()) {
      return;
    }
    Shape shape = info.shape();
    if (shape.rank() <= dimension || shape.dim(dimension) != stated.getAsLong()) {
      throw contradiction(
          key, stated.getAsLong(), "the tensor that becomes " + tensor + " is " + shape);
    }
  }

  private InputException contradiction(String key, long stated, String found) {
    return new InputException(
        "%s: %s is %d, but %s".formatted(config.file(), key, stated, found), MEND);
  }
}
