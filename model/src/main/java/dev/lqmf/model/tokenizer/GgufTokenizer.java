package dev.lqmf.model.tokenizer;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufArray;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/**
 * The tokenizer of a GGUF as Hugging Face's {@code tokenizer.json} describes it: byte-level BPE
 * with the split that llama.cpp has under the file's name for it, and SentencePiece's BPE.
 *
 * @param tokens texts by id, as the file has them
 * @param bos put before a text, or in place of the first token of a window; absent if there is none
 * @param eos ends a text; absent if there is none
 * @param addsBos whether llama.cpp puts {@code bos} before every text
 * @param json content of the {@code tokenizer.json}
 */
public record GgufTokenizer(
    List<String> tokens, OptionalInt bos, OptionalInt eos, boolean addsBos, String json) {
  private static final JsonMapper MAPPER = JsonMapper.shared();

  /** What SentencePiece writes for a space. */
  private static final String SPACE = "\u2581";

  /**
   * Pre-tokenizers for which llama.cpp adds the token unless the file says otherwise, and for which
   * words that are tokens are not taken apart ({@code llama_vocab::impl::load} in {@code
   * llama-vocab.cpp}).
   */
  private static final Set<String> LLAMA_3 =
      Set.of("llama3", "llama-v3", "llama-bpe", "falcon3", "tekken");

  /** Copies the list. */
  public GgufTokenizer {
    tokens = List.copyOf(tokens);
  }

  /** {@code llama_token_type}. */
  private enum Kind {
    UNDEFINED,
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE;

    private static Kind of(long id) {
      return id >= 0 && id < values().length ? values()[(int) id] : UNDEFINED;
    }
  }

  /**
   * Reads the vocabulary.
   *
   * @param origin for messages
   * @throws InputException if there is none, or it is of a kind that cannot be rebuilt
   */
  public static GgufTokenizer of(String origin, GgufMetadata metadata) {
    String model = metadata.string("tokenizer.ggml.model").orElse("");
    List<String> tokens =
        metadata
            .strings("tokenizer.ggml.tokens")
            .orElseThrow(
                () ->
                    new InputException(
                        origin + " has no vocabulary", "use a file that holds a language model"));
    List<Kind> kinds = new ArrayList<>();
    GgufArray types = metadata.array("tokenizer.ggml.token_type").orElse(null);
    for (int id = 0; id < tokens.size(); id++) {
      kinds.add(types == null || id >= types.size() ? Kind.NORMAL : Kind.of(types.integer(id)));
    }
    String pre = metadata.string("tokenizer.ggml.pre").orElse("");
    boolean sentencePiece = model.equals("llama");
    OptionalInt bos = id(metadata, "tokenizer.ggml.bos_token_id", tokens.size());
    if (bos.isEmpty() && sentencePiece) {
      bos = OptionalInt.of(1);
    }
    OptionalInt eos = id(metadata, "tokenizer.ggml.eos_token_id", tokens.size());
    boolean addsBos =
        bos.isPresent()
            && metadata
                .bool("tokenizer.ggml.add_bos_token")
                .orElse(sentencePiece || LLAMA_3.contains(pre));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", "1.0");
    json.put("truncation", null);
    json.put("padding", null);
    json.put("added_tokens", addedTokens(tokens, kinds));
    switch (model) {
      case "llama" -> sentencePiece(metadata, tokens, kinds, json);
      case "gpt2" -> byteLevel(origin, metadata, pre, tokens, json);
      default ->
          throw new InputException(
              "%s has a vocabulary of the kind %s, of which LQMF makes no tokenizer"
                  .formatted(origin, InputException.quote(model)),
              "give the checkpoint it was made from as --baseline, whose tokenizer then serves"
                  + " both");
    }
    json.put("post_processor", addsBos ? template(bos.getAsInt(), tokens) : null);
    return new GgufTokenizer(tokens, bos, eos, addsBos, MAPPER.writeValueAsString(json));
  }

  private static OptionalInt id(GgufMetadata metadata, String key, int count) {
    OptionalLong id = metadata.integer(key);
    return id.isPresent() && id.getAsLong() >= 0 && id.getAsLong() < count
        ? OptionalInt.of((int) id.getAsLong())
        : OptionalInt.empty();
  }

  /** Tokens that are found in a text before it is split. */
  private static List<Map<String, Object>> addedTokens(List<String> tokens, List<Kind> kinds) {
    List<Map<String, Object>> added = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      Kind kind = kinds.get(id);
      boolean special = kind == Kind.CONTROL || kind == Kind.UNKNOWN;
      if ((special || kind == Kind.USER_DEFINED) && !tokens.get(id).isEmpty()) {
        Map<String, Object> token = new LinkedHashMap<>();
        token.put("id", id);
        token.put("content", tokens.get(id));
        token.put("single_word", false);
        token.put("lstrip", false);
        token.put("rstrip", false);
        token.put("normalized", false);
        token.put("special", special);
        added.add(token);
      }
    }
    return added;
  }

  private static Map<String, Integer> ids(List<String> tokens) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      ids.putIfAbsent(tokens.get(id), id);
    }
    return ids;
  }

  private static Map<String, Object> bpe(Map<String, Integer> ids, List<List<String>> merges) {
    Map<String, Object> bpe = new LinkedHashMap<>();
    bpe.put("type", "BPE");
    bpe.put("vocab", ids);
    bpe.put("merges", merges);
    return bpe;
  }

  private static void byteLevel(
      String origin,
      GgufMetadata metadata,
      String pre,
      List<String> tokens,
      Map<String, Object> json) {
    json.put("normalizer", null);
    json.put(
        "pre_tokenizer",
        PreTokenizers.ofName(pre.equals("default") ? "gpt-2" : pre)
            .orElseThrow(
                () ->
                    new InputException(
                        "%s splits text like %s, which LQMF does not know"
                            .formatted(origin, InputException.quote(pre)),
                        "give the checkpoint it was made from as --baseline, or use a model that"
                            + " splits like one of "
                            + String.join(", ", PreTokenizers.names()))));
    json.put(
        "decoder",
        Map.of(
            "type",
            "ByteLevel",
            "add_prefix_space",
            true,
            "trim_offsets",
            true,
            "use_regex",
            true));
    Map<String, Integer> ids = ids(tokens);
    List<List<String>> merges = new ArrayList<>();
    for (String merge : metadata.strings("tokenizer.ggml.merges").orElse(List.of())) {
      int space = merge.indexOf(' ', 1);
      if (space < 0) {
        throw new InputException(
            "%s has the merge %s, which is not two tokens"
                .formatted(origin, InputException.quote(merge)),
            "use another file");
      }
      List<String> pair = List.of(merge.substring(0, space), merge.substring(space + 1));
      // Hugging Face's BPE refuses a merge of what is not in the vocabulary; llama.cpp ignores it.
      if (ids.containsKey(pair.get(0))
          && ids.containsKey(pair.get(1))
          && ids.containsKey(pair.get(0) + pair.get(1))) {
        merges.add(pair);
      }
    }
    Map<String, Object> bpe = bpe(ids, merges);
    bpe.put("ignore_merges", LLAMA_3.contains(pre));
    json.put("model", bpe);
  }

  /** A pair that may become a token. */
  private record Merge(String left, String right, double score) {}

  /**
   * SentencePiece joins the neighbours whose union has the highest score. As BPE: every way to join
   * two tokens to a third is a merge, in the order of scores.
   */
  private static void sentencePiece(
      GgufMetadata metadata, List<String> tokens, List<Kind> kinds, Map<String, Object> json) {
    boolean prefix = metadata.bool("tokenizer.ggml.add_space_prefix").orElse(true);
    List<Map<String, Object>> normalizers = new ArrayList<>();
    List<Map<String, Object>> decoders = new ArrayList<>();
    if (prefix) {
      normalizers.add(Map.of("type", "Prepend", "prepend", SPACE));
    }
    normalizers.add(Map.of("type", "Replace", "pattern", Map.of("String", " "), "content", SPACE));
    json.put("normalizer", Map.of("type", "Sequence", "normalizers", normalizers));
    json.put("pre_tokenizer", null);
    decoders.add(Map.of("type", "Replace", "pattern", Map.of("String", SPACE), "content", " "));
    decoders.add(Map.of("type", "ByteFallback"));
    decoders.add(Map.of("type", "Fuse"));
    if (prefix) {
      decoders.add(Map.of("type", "Strip", "content", " ", "start", 1, "stop", 0));
    }
    json.put("decoder", Map.of("type", "Sequence", "decoders", decoders));

    float[] scores =
        metadata.array("tokenizer.ggml.scores").map(GgufArray::floats).orElse(new float[0]);
    Map<String, Integer> ids = ids(tokens);
    List<Merge> merges = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      if (kinds.get(id) != Kind.NORMAL) {
        continue;
      }
      double score = id < scores.length ? scores[id] : -id;
      for (int at = token.offsetByCodePoints(0, Math.min(1, token.length()));
          at < token.length();
          at = token.offsetByCodePoints(at, 1)) {
        String left = token.substring(0, at);
        String right = token.substring(at);
        if (ids.containsKey(left) && ids.containsKey(right)) {
          merges.add(new Merge(left, right, score));
        }
      }
    }
    merges.sort(Comparator.comparingDouble(Merge::score).reversed());
    Map<String, Object> bpe =
        bpe(ids, merges.stream().map(m -> List.of(m.left(), m.right())).toList());
    OptionalInt unknown = id(metadata, "tokenizer.ggml.unknown_token_id", tokens.size());
    bpe.put("unk_token", tokens.get(unknown.orElse(0)));
    bpe.put("fuse_unk", true);
    bpe.put("byte_fallback", true);
    json.put("model", bpe);
  }

  private static Map<String, Object> template(int bos, List<String> tokens) {
    String text = tokens.get(bos);
    Map<String, Object> special = Map.of("SpecialToken", Map.of("id", text, "type_id", 0));
    Map<String, Object> first = Map.of("Sequence", Map.of("id", "A", "type_id", 0));
    Map<String, Object> second = Map.of("Sequence", Map.of("id", "B", "type_id", 1));
    return Map.of(
        "type",
        "TemplateProcessing",
        "single",
        List.of(special, first),
        "pair",
        List.of(special, first, second),
        "special_tokens",
        Map.of(text, Map.of("id", text, "ids", List.of(bos), "tokens", List.of(text))));
  }
}
