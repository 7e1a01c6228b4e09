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
import dev.lqmf.model.network.Sublayer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * BERT, RoBERTa, CodeBERT with the head of masked-language models (Transformers {@code
 * modeling_bert.py}, {@code modeling_roberta.py}).
 */
final class BertNetwork {
  private BertNetwork() {}

  static Network bert(NetworkConfig c) {
    int positions = c.size("max_position_embeddings");
    String head = "cls.predictions";
    return of(
        c,
        "bert",
        new Embedding.Positions("bert.embeddings.position_embeddings", positions, 0),
        head + ".transform.dense",
        c.activation("hidden_act"),
        head + ".transform.LayerNorm",
        head + ".decoder",
        head + ".bias");
  }

  /** Positions begin after the padding token's id, and padding does not count. */
  static Network roberta(NetworkConfig c) {
    int positions = c.size("max_position_embeddings");
    int padding = c.token("pad_token_id").orElse(1);
    return of(
        c,
        "roberta",
        new Embedding.Positions(
            "roberta.embeddings.position_embeddings",
            positions,
            padding + 1,
            OptionalInt.of(padding)),
        "lm_head.dense",
        Activation.GELU,
        "lm_head.layer_norm",
        "lm_head.decoder",
        "lm_head.bias");
  }

  private static Network of(
      NetworkConfig c,
      String model,
      Embedding.Positions positions,
      String dense,
      Activation headActivation,
      String headNorm,
      String projection,
      String bias) {
    boolean decodes = c.flag("is_decoder");
    c.refuse(!decodes && c.flag("add_cross_attention"), "add_cross_attention of an encoder");
    c.refuse(
        !c.config().string("position_embedding_type").orElse("absolute").equals("absolute"),
        "position_embedding_type other than absolute");
    int width = c.size("hidden_size");
    int heads = c.size("num_attention_heads");
    int inner = c.size("intermediate_size");
    int size = c.headSize(width, heads);
    double e = c.real("layer_norm_eps");
    Activation activation = c.activation("hidden_act");
    int vocabulary = c.size("vocab_size");
    String embeddings = model + ".embeddings";
    Stack stack =
        new Stack(
            Embedding.of(embeddings + ".word_embeddings", vocabulary, width)
                .with(positions)
                .withTypes(embeddings + ".token_type_embeddings")
                .with(Norm.layer(embeddings + ".LayerNorm", width, e)),
            width,
            IntStream.range(0, c.size("num_hidden_layers"))
                .mapToObj(
                    i -> {
                      String layer = model + ".encoder.layer." + i;
                      String self = layer + ".attention.self";
                      Attention attention =
                          Attention.of(
                                  heads,
                                  size,
                                  new Projection.Separate(
                                      new Linear(self + ".query", width, width, true),
                                      new Linear(self + ".key", width, width, true),
                                      new Linear(self + ".value", width, width, true)),
                                  new Linear(layer + ".attention.output.dense", width, width, true))
                              .mask(decodes ? Attention.Mask.CAUSAL : Attention.Mask.BIDIRECTIONAL)
                              .build();
                      return Block.sequential(
                          layer,
                          Sublayer.postNorm(
                              attention,
                              Norm.layer(layer + ".attention.output.LayerNorm", width, e)),
                          Sublayer.postNorm(
                              new Mlp.Plain(
                                  new Linear(layer + ".intermediate.dense", width, inner, true),
                                  activation,
                                  new Linear(layer + ".output.dense", inner, width, true)),
                              Norm.layer(layer + ".output.LayerNorm", width, e)));
                    })
                .toList(),
            Optional.empty());
    return Network.encoder(
        c.config().architecture(),
        model + ".",
        stack,
        Head.of(new Linear(projection, width, vocabulary, false), c.flag("tie_word_embeddings"))
            .transformed(
                new Head.Transform(
                    new Linear(dense, width, width, true),
                    headActivation,
                    Norm.layer(headNorm, width, e)))
            .biased(bias),
        c.optionalSize("max_position_embeddings"));
  }
}
