package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.Transform;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.io.IOException;
import java.util.Map;

/** BERT, RoBERTa, CodeBERT (llama.cpp {@code conversion/bert.py}). */
final class Bert {
  private Bert() {}

  static Family bert() {
    return Family.of(
            "bert",
            architecture ->
                architecture
                    .readsIf(gguf -> !isRoberta(gguf))
                    .reads(Configurations::common, Bert::read)
                    .parameters(Parameters::common, Bert::parameters)
                    .with(table -> encoder(table, "bert.", Transform.IDENTITY))
                    .leaveOut(
                        "the head that fills in masked words is left out: llama.cpp's bert makes embeddings only",
                        "cls.")
                    .vocabulary(Vocabularies::bert))
        .withoutNetwork(BERT, "BertModel")
        .with(BERT, BertNetwork::bert, "BertForMaskedLM");
  }

  static Family roberta() {
    return Family.of(
            "bert",
            architecture ->
                architecture
                    .readsIf(Bert::isRoberta)
                    .reads(Configurations::common, Bert::read, Bert::readRoberta)
                    .parameters(
                        Parameters::common,
                        Bert::parameters,
                        (context, out) ->
                            out.u32(
                                ".context_length",
                                context.config().count("max_position_embeddings")
                                    - Transforms.positionOffset(context.config())))
                    .with(table -> encoder(table, "roberta.", Transforms.POSITIONS))
                    .leaveOut(
                        "the head that fills in masked words is left out: llama.cpp's bert makes embeddings only",
                        "lm_head.")
                    .vocabulary(Vocabularies::roberta))
        .withoutNetwork(ROBERTA, "RobertaModel")
        .with(ROBERTA, BertNetwork::roberta, "RobertaForMaskedLM");
  }

  private static void encoder(Architecture.Builder table, String prefix, Transform positions) {
    table
        .prefixes("", prefix)
        .tensor("embeddings.word_embeddings", "token_embd")
        .tensor("embeddings.position_embeddings", "position_embd", positions)
        .tensor("embeddings.token_type_embeddings", "token_types")
        .tensor("embeddings.LayerNorm", "token_embd_norm")
        .tensor("encoder.layer.{bid}.attention.self.query", "blk.{bid}.attn_q")
        .tensor("encoder.layer.{bid}.attention.self.key", "blk.{bid}.attn_k")
        .tensor("encoder.layer.{bid}.attention.self.value", "blk.{bid}.attn_v")
        .tensor("encoder.layer.{bid}.attention.output.dense", "blk.{bid}.attn_output")
        .tensor("encoder.layer.{bid}.attention.output.LayerNorm", "blk.{bid}.attn_output_norm")
        .tensor("encoder.layer.{bid}.intermediate.dense", "blk.{bid}.ffn_up")
        .tensor("encoder.layer.{bid}.output.dense", "blk.{bid}.ffn_down")
        .tensor("encoder.layer.{bid}.output.LayerNorm", "blk.{bid}.layer_output_norm")
        .drop("embeddings.position_ids", "embeddings.token_type_ids", "pooler.dense")
        .prefixes("");
  }

  /** Transformers' {@code BertConfig}. */
  private static final ModelDefaults BERT =
      ModelDefaults.of("bert")
          .set("vocab_size", 30522)
          .set("hidden_size", 768)
          .set("num_hidden_layers", 12)
          .set("num_attention_heads", 12)
          .set("intermediate_size", 3072)
          .set("hidden_act", "gelu")
          .set("max_position_embeddings", 512)
          .set("type_vocab_size", 2)
          .set("layer_norm_eps", 1e-12)
          .set("pad_token_id", 0)
          .set("tie_word_embeddings", true);

  /** Transformers' {@code RobertaConfig}. */
  private static final ModelDefaults ROBERTA =
      BERT.as("roberta")
          .set("vocab_size", 50265)
          .set("pad_token_id", 1)
          .set("bos_token_id", 0)
          .set("eos_token_id", 2);

  private static void parameters(ModelContext context, MetadataCollector out) throws IOException {
    HfConfig config = context.config();
    out.bool(".attention.causal", false);
    Pooling.write(context.files(), out);
    Decoder.noteActivation(
        context, "hidden_act", "GELU", "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh");
    config
        .string("position_embedding_type")
        .filter(type -> !type.equals("absolute"))
        .ifPresent(type -> context.note("llama.cpp's bert has no positions of the type " + type));
  }

  /** Byte-level BPE instead of WordPiece is what tells them apart. */
  private static boolean isRoberta(GgufReading gguf) {
    return gguf.string("tokenizer.ggml.model").orElse("").equals("gpt2");
  }

  private static void read(GgufReading gguf, Map<String, Object> config) {
    Configurations.rows(gguf, config, "token_types.weight", "type_vocab_size");
    config.put("tie_word_embeddings", true);
  }

  private static void readRoberta(GgufReading gguf, Map<String, Object> config) {
    long offset = gguf.integer("tokenizer.ggml.padding_token_id").orElse(1) + 1;
    config.put("pad_token_id", offset - 1);
    gguf.integer(".context_length")
        .ifPresent(n -> config.put("max_position_embeddings", n + offset));
  }
}
