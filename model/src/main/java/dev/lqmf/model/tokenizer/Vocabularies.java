package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Ways in which architectures find their tokenizer, to stand in their tables. */
public final class Vocabularies {
  private static final long CODE_LLAMA_SIZE = 32016;
  private static final int CODE_LLAMA_EOT = 32010;
  private static final long GRANITE_SIZE = 49152;

  private static final String ADD_BOS = "tokenizer.ggml.add_bos_token";

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

  /**
   * Under the name of Llama 3's split llama.cpp also takes tokens whole where the vocabulary has
   * them, and puts a token in front of every text. A tokenizer that does neither, as OLMo 2's, has
   * the same split under another name.
   */
  private static void plainLlamaSplit(HfTokenizer tokenizer, MetadataCollector out) {
    boolean whole =
        tokenizer
            .json()
            .map(json -> json.path("model").path("ignore_merges").asBoolean(false))
            .orElse(false);
    if (whole) {
      out.bool(ADD_BOS, false);
    } else {
      out.string("tokenizer.ggml.pre", "dbrx");
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

  /** Gemma's: SentencePiece that puts no space before a text. */
  public static void gemma(ModelContext context, MetadataCollector out) throws IOException {
    ModelFiles files = context.files();
    if (files.has("tokenizer.model")) {
      sentencePiece(files, SentencePieceVocabulary.fromModel(context), out);
    } else if (files.object("tokenizer.json").filter(Vocabularies::isSentencePiece).isPresent()) {
      HfTokenizer tokenizer = HfTokenizer.read(files, "GemmaTokenizer");
      sentencePiece(files, SentencePieceVocabulary.fromJson(context, tokenizer), out);
    } else {
      byteLevelBpe(context, out);
      return;
    }
    out.bool("tokenizer.ggml.add_space_prefix", false);
  }

  /** Phi-3's SentencePiece, Phi-4's byte-level BPE ({@code Phi3MiniModel.set_vocab}). */
  public static void phi3(ModelContext context, MetadataCollector out) throws IOException {
    ModelFiles files = context.files();
    boolean bytes =
        files
            .object("tokenizer_config.json")
            .map(config -> config.path("tokenizer_class").asString(""))
            .filter(name -> name.startsWith("GPT2Tokenizer"))
            .isPresent();
    if (!bytes && files.has("tokenizer.model")) {
      sentencePiece(files, SentencePieceVocabulary.fromModelAsPhi3(context), out);
    } else {
      byteLevelBpe(context, out);
    }
  }

  /** GLM's byte-level BPE, with tokens that end a text and a turn. */
  public static void chatGlm(ModelContext context, MetadataCollector out) throws IOException {
    glm(context, out, List.of("eos", "eot", "unk"));
  }

  /** The same for GLM-4, which also names a token that begins a text. */
  public static void glm4(ModelContext context, MetadataCollector out) throws IOException {
    glm(context, out, List.of("eos", "eot", "unk", "bos"));
  }

  private static void glm(ModelContext context, MetadataCollector out, List<String> roles)
      throws IOException {
    if (!context.files().has("tokenizer.json")) {
      throw new InputException(
          context.files().directory()
              + " has its tokenizer in code of its own, not in tokenizer.json",
          "use a copy of the model for Transformers, whose name often ends in -hf");
    }
    byteLevelBpe(
        context,
        out,
        Set.of(),
        tokenizer -> {
          Map<String, Integer> ids = new LinkedHashMap<>();
          for (String role : roles) {
            tokenizer
                .id(role.equals("eot") ? "<|user|>" : "<|endoftext|>")
                .ifPresent(id -> ids.put(role, id));
          }
          return ids;
        });
  }

  /** BERT's WordPiece, in which llama.cpp wants the beginnings of words marked, not the rest. */
  public static void bert(ModelContext context, MetadataCollector out) throws IOException {
    HfTokenizer tokenizer = HfTokenizer.readWordPiece(context.files());
    TokenList tokens = BpeVocabulary.tokens(tokenizer, context.config());
    tokens.rewrite(
        (text, type) ->
            type == TokenType.CONTROL
                ? text
                : text.startsWith("##") ? text.substring(2) : "▁" + text);
    tokenTypes(context, out);
    out.string("tokenizer.ggml.model", "bert");
    out.string("tokenizer.ggml.pre", "bert-bge");
    tokens.write(out);
    SpecialTokens.write(context.files(), OptionalInt.of(tokens.size()), out);
  }

  /** RoBERTa's byte-level BPE. */
  public static void roberta(ModelContext context, MetadataCollector out) throws IOException {
    robertaTokens(context, out);
    tokenTypes(context, out);
  }

  /** How many kinds of segments the model tells apart. */
  private static void tokenTypes(ModelContext context, MetadataCollector out) {
    out.u32(
        "tokenizer.ggml.token_type_count", context.config().integer("type_vocab_size").orElse(1));
  }

  /**
   * Without {@code tokenizer.json}, as CodeBERT and CodeT5 come, nothing says which tokens enclose
   * a text; the tokenizer class does.
   */
  private static void robertaTokens(ModelContext context, MetadataCollector out)
      throws IOException {
    if (context.files().has("tokenizer.json")) {
      byteLevelBpe(context, out);
      return;
    }
    byteLevelBpe(
        context,
        out,
        Set.of(),
        tokenizer -> {
          Map<String, Integer> ids = new LinkedHashMap<>();
          tokenizer.id("<s>").ifPresent(id -> ids.put("bos", id));
          tokenizer.id("</s>").ifPresent(id -> ids.put("eos", id));
          tokenizer.id("<unk>").ifPresent(id -> ids.put("unk", id));
          tokenizer.id("</s>").ifPresent(id -> ids.put("sep", id));
          tokenizer.id("<pad>").ifPresent(id -> ids.put("pad", id));
          tokenizer.id("<mask>").ifPresent(id -> ids.put("mask", id));
          return ids;
        });
    for (String role : List.of("bos", "eos", "sep")) {
      out.bool("tokenizer.ggml.add_" + role + "_token", true);
    }
  }

  /** T5's Unigram with its normalization ({@code T5Model.set_vocab}); CodeT5's byte-level BPE. */
  public static void t5(ModelContext context, MetadataCollector out) throws IOException {
    ModelFiles files = context.files();
    String name = files.has("tokenizer.model") ? "tokenizer.model" : "spiece.model";
    if (!files.has(name)) {
      Optional<ObjectNode> json = files.object("tokenizer.json").filter(UnigramJson::isIn);
      if (json.isEmpty()) {
        robertaTokens(context, out);
        return;
      }
      UnigramJson model =
          UnigramJson.read(files.path("tokenizer.json"), json.get(), context.config());
      unigram(files, model.tokens(), model.normalizer(), out);
      return;
    }
    SentencePieceModel model = SentencePieceModel.read(files.path(name));
    if (model.unigram()) {
      TokenList tokens = SentencePieceVocabulary.fromUnigram(context, files.path(name));
      unigram(files, tokens, model.normalizer(), out);
    } else {
      sentencePieceOrBpe(context, out);
    }
  }

  private static void unigram(
      ModelFiles files,
      TokenList tokens,
      SentencePieceModel.Normalizer normalizer,
      MetadataCollector out)
      throws IOException {
    out.string("tokenizer.ggml.model", "t5");
    out.string("tokenizer.ggml.pre", "default");
    tokens.writeWithScores(out);
    out.bool("tokenizer.ggml.add_space_prefix", normalizer.addDummyPrefix());
    out.bool("tokenizer.ggml.remove_extra_whitespaces", normalizer.removeExtraWhitespaces());
    normalizer.charsmap().ifPresent(map -> out.put("tokenizer.ggml.precompiled_charsmap", map));
    SpecialTokens.write(files, OptionalInt.of(tokens.size()), out);
  }

  private static void byteLevelBpe(
      ModelContext context, MetadataCollector out, Set<String> preferred) throws IOException {
    byteLevelBpe(context, out, preferred, _ -> Map.of());
  }

  /**
   * @param others ids by role, for roles that the files say nothing about
   */
  private static void byteLevelBpe(
      ModelContext context,
      MetadataCollector out,
      Set<String> preferred,
      Function<HfTokenizer, Map<String, Integer>> others)
      throws IOException {
    ModelFiles files = context.files();
    String byModel =
        switch (context.config().string("model_type").orElse("")) {
          case "gpt2", "gpt_bigcode", "starcoder2", "phi", "granite" -> "GPT2Tokenizer";
          case "gpt_neox", "stablelm" -> "GPTNeoXTokenizer";
          case "qwen2", "qwen3", "qwen3_moe" -> "Qwen2Tokenizer";
          case "roberta", "t5" -> "RobertaTokenizer";
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
    SpecialTokens.write(files, OptionalInt.empty(), others.apply(tokenizer), out);
    if (pre.equals("llama-bpe") && !out.has(ADD_BOS)) {
      plainLlamaSplit(tokenizer, out);
    }
  }
}
