package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Ways in which architectures find their tokenizer, to stand in their tables. */
public final class Vocabularies {
  private static final long CODE_LLAMA_SIZE = 32016;
  private static final int CODE_LLAMA_EOT = 32010;
  private static final long GRANITE_SIZE = 49152;

  private Vocabularies() {}

  /** Byte-level BPE (converter, {@code _set_vocab_gpt2}). */
  public static void byteLevelBpe(ModelContext context, MetadataCollector out) throws IOException {
    byteLevelBpe(context, out, Set.of());
  }

  /** SentencePiece from {@code tokenizer.model} if there is one, else byte-level BPE. */
  public static void sentencePieceOrBpe(ModelContext context, MetadataCollector out)
      throws IOException {
    if (context.files().has("tokenizer.model")) {
      sentencePiece(context.files(), SentencePieceVocabulary.fromModel(context), out);
    } else {
      byteLevelBpe(context, out);
    }
  }

  /**
   * What Llama and Mistral models have: SentencePiece from {@code tokenizer.model}, else from
   * {@code tokenizer.json}, else byte-level BPE ({@code LlamaModel.set_vocab}).
   */
  public static void llama(ModelContext context, MetadataCollector out) throws IOException {
    ModelFiles files = context.files();
    if (files.has("tekken.json") && !files.has("tokenizer.json")) {
      throw new InputException(
          files.directory() + " has its tokenizer only as tekken.json, which is not supported",
          "use a copy of the model that has a tokenizer.json");
    }
    files
        .object("tokenizer_config.json")
        .map(config -> config.path("add_prefix_space"))
        .filter(JsonNode::isBoolean)
        .ifPresent(flag -> out.bool("tokenizer.ggml.add_space_prefix", flag.booleanValue()));
    if (files.has("tokenizer.model")) {
      sentencePiece(files, SentencePieceVocabulary.fromModel(context), out);
    } else if (files.object("tokenizer.json").filter(Vocabularies::isSentencePiece).isPresent()) {
      HfTokenizer tokenizer = HfTokenizer.read(files, "LlamaTokenizer");
      sentencePiece(files, SentencePieceVocabulary.fromJson(context, tokenizer), out);
    } else {
      byteLevelBpe(context, out, Set.of("smollm"));
    }
    HfConfig config = context.config();
    long size = config.integer("vocab_size").orElse(0);
    if (size == CODE_LLAMA_SIZE) {
      out.u32("tokenizer.ggml.eot_token_id", CODE_LLAMA_EOT);
    }
    if (size == GRANITE_SIZE) {
      out.bool("tokenizer.ggml.add_bos_token", false);
    }
  }

  private static boolean isSentencePiece(ObjectNode tokenizer) {
    JsonNode model = tokenizer.path("model");
    return model.path("type").asString("").equals("BPE")
        && model.path("byte_fallback").asBoolean(false)
        && tokenizer.path("decoder").path("type").asString("").equals("Sequence");
  }

  private static void sentencePiece(ModelFiles files, TokenList tokens, MetadataCollector out)
      throws IOException {
    out.string("tokenizer.ggml.model", "llama");
    out.string("tokenizer.ggml.pre", "default");
    tokens.writeWithScores(out);
    SpecialTokens.write(files, OptionalInt.of(tokens.size()), out);
  }

  private static void byteLevelBpe(
      ModelContext context, MetadataCollector out, Set<String> preferred) throws IOException {
    ModelFiles files = context.files();
    String byModel =
        switch (context.config().string("model_type").orElse("")) {
          case "gpt2" -> "GPT2Tokenizer";
          case "qwen2", "qwen3" -> "Qwen2Tokenizer";
          default -> "";
        };
    HfTokenizer tokenizer = HfTokenizer.read(files, byModel);
    String pre =
        tokenizer.json().isPresent()
            ? PreTokenizers.recognize(
                files.path("tokenizer.json"), tokenizer.json().get(), preferred)
            : PreTokenizers.ofClass(files.directory(), tokenizer.tokenizerClass());
    TokenList tokens = BpeVocabulary.tokens(tokenizer, context.config());
    out.string("tokenizer.ggml.model", "gpt2");
    out.string("tokenizer.ggml.pre", pre);
    tokens.write(out);
    List<String> merges = Merges.read(files, tokenizer.json());
    out.strings("tokenizer.ggml.merges", merges);
    SpecialTokens.write(files, OptionalInt.empty(), out);
  }
}
