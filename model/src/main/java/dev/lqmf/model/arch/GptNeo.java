package dev.lqmf.model.arch;

import dev.lqmf.model.config.ModelDefaults;
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
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.tensor.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * GPT-Neo: scores that are not scaled, a window in some layers (Transformers {@code
 * modeling_gpt_neo.py}). llama.cpp has no architecture for it.
 */
final class GptNeo {
  private GptNeo() {}

  static Family family() {
    return Family.withoutGguf("gpt_neo").with(DEFAULTS, GptNeo::network, "GPTNeoForCausalLM");
  }

  /** Transformers' {@code GPTNeoConfig}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("gpt_neo")
          .alias("num_attention_heads", "num_heads")
          .alias("num_hidden_layers", "num_layers")
          .set("vocab_size", 50257)
          .set("max_position_embeddings", 2048)
          .set("hidden_size", 2048)
          .set("num_layers", 24)
          .set("num_heads", 16)
          .set("window_size", 256)
          .set("activation_function", "gelu_new")
          .set("layer_norm_epsilon", 1e-5)
          .set("tie_word_embeddings", true)
          .set("bos_token_id", 50256)
          .set("eos_token_id", 50256);

  private static Network network(NetworkConfig c) {
    int width = c.size("hidden_size");
    int heads = c.size("num_heads", "num_attention_heads");
    int layers = c.size("num_layers", "num_hidden_layers");
    int inner = c.sizeOr(4 * width, "intermediate_size");
    int size = c.headSize(width, heads);
    int window = c.size("window_size");
    double e = c.real("layer_norm_epsilon");
    Activation activation = c.activation("activation_function");
    List<String> kinds = kinds(c, layers);
    int vocabulary = c.size("vocab_size");
    int positions = c.size("max_position_embeddings");
    Stack stack =
        new Stack(
            Embedding.of("transformer.wte", vocabulary, width)
                .with(new Embedding.Positions("transformer.wpe", positions, 0)),
            width,
            IntStream.range(0, layers)
                .mapToObj(
                    i -> {
                      String layer = "transformer.h." + i;
                      String module = layer + ".attn.attention";
                      Attention attention =
                          Attention.of(
                                  heads,
                                  size,
                                  new Projection.Separate(
                                      new Linear(module + ".q_proj", width, width, false),
                                      new Linear(module + ".k_proj", width, width, false),
                                      new Linear(module + ".v_proj", width, width, false)),
                                  new Linear(module + ".out_proj", width, width, true))
                              .scale(1)
                              .window(
                                  kinds.get(i).equals("local")
                                      ? OptionalInt.of(window)
                                      : OptionalInt.empty())
                              .build();
                      return Block.sequential(
                          layer,
                          Sublayer.preNorm(Norm.layer(layer + ".ln_1", width, e), attention),
                          Sublayer.preNorm(
                              Norm.layer(layer + ".ln_2", width, e),
                              new Mlp.Plain(
                                  new Linear(layer + ".mlp.c_fc", width, inner, true),
                                  activation,
                                  new Linear(layer + ".mlp.c_proj", inner, width, true))));
                    })
                .toList(),
            Optional.of(Norm.layer("transformer.ln_f", width, e)));
    return Network.decoder(
        c.config().architecture(),
        "transformer.",
        stack,
        Head.of(new Linear("lm_head", width, vocabulary, false), c.flag("tie_word_embeddings")),
        OptionalInt.of(positions));
  }

  /** {@code [[["global", "local"], 12]]}: kinds in turn, so many times. */
  private static List<String> kinds(NetworkConfig c, int layers) {
    List<String> kinds = new ArrayList<>();
    JsonNode types = c.config().node("attention_types");
    if (types.isMissingNode() || types.isNull()) {
      List<String> given = c.config().strings("attention_layers");
      return given.size() == layers
          ? given
          : IntStream.range(0, layers).mapToObj(i -> i % 2 == 0 ? "global" : "local").toList();
    }
    for (JsonNode item : types) {
      for (int n = 0; n < item.path(1).asInt(0) && kinds.size() <= layers; n++) {
        item.path(0).forEach(kind -> kinds.add(kind.asString("")));
      }
    }
    if (kinds.size() != layers
        || !kinds.stream().allMatch(k -> k.equals("global") || k.equals("local"))) {
      throw new InputException(
          "%s: attention_types does not name global or local for each of %d layers"
              .formatted(c.config().file(), layers),
          "correct the configuration, or download it again");
    }
    return kinds;
  }
}
