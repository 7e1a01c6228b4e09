package dev.lqmf.model.tokenizer;

import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a byte-level BPE splits text before it merges, as the name that llama.cpp has for it ({@code
 * tokenizer.ggml.pre}; {@code llm_tokenizer_bpe} in {@code llama-vocab.cpp}). A split is recognized
 * by what {@code tokenizer.json} says about it: each step in a line, {@code split} with its regular
 * expression, {@code digits}, {@code punctuation}, {@code bytes}.
 */
final class PreTokenizers {
  private static final String SPLIT = "split ";

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String WORD = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
  private static final String REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+";
  private static final String SPACES = "|\\s+(?!\\S)|\\s+";

  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String BEFORE = "[^\\r\\n\\p{L}\\p{N}]?";
  private static final String SLASHED = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+";
  private static final String GPT_4O =
      BEFORE
          + UPPER
          + "*"
          + LOWER
          + "+"
          + CONTRACTIONS
          + "?|"
          + BEFORE
          + UPPER
          + "+"
          + LOWER
          + "*"
          + CONTRACTIONS
          + "?"
          + "|\\p{N}{1,3}"
          + SLASHED
          + SPACES;

  private static final String CJK = "[一-龥ࠀ-一가-\uD7FF]+";
  private static final String DEEPSEEK_LETTERS =
      "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅ"
          + "ὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿ"
          + "ﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+";

  private static final String BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+";

  /**
   * Steps, and the names under which llama.cpp knows them: the first one for most models, another
   * where an architecture prefers it. Names that share a row split alike.
   */
  private static final Map<List<String>, List<String>> KNOWN = new LinkedHashMap<>();

  private static void known(List<String> names, String... steps) {
    KNOWN.put(List.of(steps), names);
  }

  static {
    known(List.of("gpt-2", "phi-2", "mpt", "olmo", "jais", "exaone4"), "bytes words");
    known(
        List.of("llama-bpe", "glm4", "chatglm-bpe", "dbrx", "smaug-bpe", "falcon3", "lfm2"),
        split(CONTRACTIONS + WORD + "|\\p{N}{1,3}" + REST + SPACES),
        "bytes");
    known(
        List.of("qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "grok-2"),
        split(CONTRACTIONS + WORD + "|\\p{N}" + REST + SPACES),
        "bytes");
    known(
        List.of("qwen35"),
        split(
            CONTRACTIONS
                + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+"
                + SPACES),
        "bytes");
    known(
        List.of("tekken"),
        split(
            BEFORE
                + UPPER
                + "*"
                + LOWER
                + "+|"
                + BEFORE
                + UPPER
                + "+"
                + LOWER
                + "*|\\p{N}"
                + SLASHED
                + SPACES),
        "bytes");
    known(List.of("gpt-4o", "llama4", "kanana2", "minimax-m2"), split(GPT_4O), "bytes");
    known(
        List.of("starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b"),
        "digits individual",
        "bytes words");
    known(
        List.of("falcon"),
        "punctuation Contiguous",
        "bytes words",
        "digits",
        split("[0-9][0-9][0-9]"));
    known(
        List.of("deepseek-llm"),
        split("[\\r\\n]"),
        split(DEEPSEEK_LETTERS),
        split("\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+"),
        split("\\s+$"),
        split(CJK),
        "digits individual",
        "bytes");
    known(
        List.of("deepseek-coder"),
        split("[\\r\\n]"),
        split("\\s?\\p{L}+"),
        split("\\s?\\p{P}+"),
        split(CJK),
        "digits individual",
        "bytes");
    known(
        List.of("deepseek-v3", "hunyuan-dense", "joyai-llm"),
        split("\\p{N}{1,3}"),
        split("[一-龥぀-ゟ゠-ヿ]+"),
        split(
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+"
                + SPACES),
        "bytes");
    known(
        List.of("bailingmoe", "bailingmoe2", "llada-moe"),
        split(
            "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}"
                + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]"
                + SPACES),
        "bytes");
    known(
        List.of("seed-coder"),
        split(
            CONTRACTIONS + WORD + "|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+" + SPACES),
        "bytes");
    known(List.of("bloom", "gpt3-finnish", "poro-chat"), split(BLOOM), "bytes");
    known(List.of("viking"), split(BLOOM), "digits individual", "bytes");
  }

  private PreTokenizers() {}

  /**
   * The name of the split that a {@code tokenizer.json} describes.
   *
   * @param preferred names to choose where several stand for the same split
   * @throws InputException if llama.cpp has no such split; the message shows it and those it has
   */
  static String recognize(Path file, ObjectNode tokenizer, Set<String> preferred) {
    List<String> steps = new ArrayList<>();
    describe(tokenizer.path("pre_tokenizer"), steps);
    List<String> names = KNOWN.get(steps);
    if (names == null) {
      throw new InputException(
          "%s splits text in a way that llama.cpp has no name for: %s"
              .formatted(file, steps.isEmpty() ? "not at all" : String.join(", then ", steps)),
          "use a model whose tokenizer splits like one of " + String.join(", ", names()));
    }
    return names.stream().filter(preferred::contains).findFirst().orElse(names.getFirst());
  }

  /**
   * The name of the split of a tokenizer class, for tokenizers without {@code tokenizer.json}.
   *
   * @throws InputException if the class is unknown
   */
  static String ofClass(Path directory, String tokenizerClass) {
    return switch (tokenizerClass) {
      case "GPT2Tokenizer", "CodeGenTokenizer", "GPTNeoXTokenizer", "RobertaTokenizer" -> "gpt-2";
      case "Qwen2Tokenizer" -> "qwen2";
      default ->
          throw new InputException(
              "%s has no tokenizer.json, and how %s splits text is not known"
                  .formatted(
                      directory, tokenizerClass.isEmpty() ? "its tokenizer" : tokenizerClass),
              "load the tokenizer with Transformers and save it, which writes tokenizer.json");
    };
  }

  /**
   * The {@code pre_tokenizer} of a {@code tokenizer.json} that splits as llama.cpp does under a
   * name; nothing if the name is unknown.
   */
  static Optional<Map<String, Object>> ofName(String name) {
    return KNOWN.entrySet().stream()
        .filter(known -> known.getValue().contains(name))
        .findFirst()
        .map(
            known ->
                Map.of(
                    "type",
                    "Sequence",
                    "pretokenizers",
                    known.getKey().stream().map(PreTokenizers::step).toList()));
  }

  /** A step as {@link #describe} would describe it. */
  private static Map<String, Object> step(String described) {
    if (described.startsWith(SPLIT)) {
      Map<String, Object> pattern = Map.of("Regex", described.substring(SPLIT.length()));
      return Map.of("type", "Split", "pattern", pattern, "behavior", "Isolated", "invert", false);
    }
    return switch (described) {
      case "bytes", "bytes words" ->
          Map.of(
              "type",
              "ByteLevel",
              "add_prefix_space",
              false,
              "trim_offsets",
              true,
              "use_regex",
              described.endsWith("words"));
      case "digits", "digits individual" ->
          Map.of("type", "Digits", "individual_digits", described.endsWith("individual"));
      case "punctuation Contiguous" -> Map.of("type", "Punctuation", "behavior", "Contiguous");
      default -> throw new IllegalStateException(described);
    };
  }

  /** The names that can be recognized, in alphabetical order. */
  static Set<String> names() {
    Set<String> names = new TreeSet<>();
    KNOWN.values().forEach(names::addAll);
    return names;
  }

  private static String split(String regex) {
    return SPLIT + regex;
  }

  private static void describe(JsonNode step, List<String> steps) {
    String type = step.path("type").asString("");
    switch (type) {
      case "" -> {}
      case "Sequence" -> step.path("pretokenizers").forEach(s -> describe(s, steps));
      case "Split" -> steps.add(describeSplit(step));
      case "Digits" ->
          steps.add(
              step.path("individual_digits").asBoolean(false) ? "digits individual" : "digits");
      case "Punctuation" -> steps.add("punctuation " + step.path("behavior").asString("Isolated"));
      case "ByteLevel" ->
          steps.add(
              "bytes"
                  + (step.path("add_prefix_space").asBoolean(true) ? " after a space" : "")
                  + (step.path("use_regex").asBoolean(true) ? " words" : ""));
      default -> steps.add(type);
    }
  }

  /** Line ends may stand in an expression as themselves. */
  private static String describeSplit(JsonNode step) {
    JsonNode pattern = step.path("pattern");
    String behavior = step.path("behavior").asString("");
    boolean invert = step.path("invert").asBoolean(false);
    if (!pattern.has("Regex")) {
      return "split at " + pattern.path("String") + " " + behavior;
    }
    String regex = pattern.get("Regex").asString("").replace("\r", "\\r").replace("\n", "\\n");
    // These expressions match every character, so that nothing lies between matches to remove.
    boolean isolated = behavior.equals("Isolated") || (behavior.equals("Removed") && invert);
    return isolated ? split(regex) : split(regex) + " " + behavior;
  }
}
