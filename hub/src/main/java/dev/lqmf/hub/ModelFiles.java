package dev.lqmf.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which files of a repository make up a model that can be quantized: its description, its tokenizer
 * and one set of weights. Repositories hold much else: the same weights for other frameworks (ONNX,
 * TensorFlow, Flax, GGUF), in other layouts ({@code original/}, {@code consolidated*}) and element
 * types.
 */
final class ModelFiles {
  private static final Set<String> BESIDES_WEIGHTS =
      Set.of(
          "README.md",
          "added_tokens.json",
          "chat_template.jinja",
          "chat_template.json",
          "config.json",
          "generation_config.json",
          "merges.txt",
          "sentencepiece.bpe.model",
          "special_tokens_map.json",
          "spiece.model",
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "vocab.json",
          "vocab.txt");

  private static final Pattern MORE_TEMPLATES =
      Pattern.compile("additional_chat_templates/[^/]+\\.jinja");

  /** Best first; those that end in {@value #INDEX} name the shards. */
  private static final List<String> WEIGHTS =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  private static final String INDEX = ".index.json";

  private static final Pattern SAFE = Pattern.compile("\\w[\\w.+ -]*(/\\w[\\w.+ -]*)*");

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ModelFiles() {}

  /** Whether a name that came from outside stays within the directory it is resolved against. */
  static boolean safe(String file) {
    return SAFE.matcher(file).matches();
  }

  /** The description and the tokenizer, in the listing's order. */
  static List<String> besidesWeights(Collection<String> listing) {
    return listing.stream()
        .filter(f -> BESIDES_WEIGHTS.contains(f) || MORE_TEMPLATES.matcher(f).matches())
        .filter(ModelFiles::safe)
        .toList();
  }

  /** The file with the weights or their index: the best there is in a listing. */
  static Optional<String> weights(Collection<String> listing) {
    return WEIGHTS.stream().filter(listing::contains).findFirst();
  }

  /** Whether a file that belongs to a model holds weights. */
  static boolean holdsWeights(String file) {
    return file.endsWith(".safetensors") || file.endsWith(".bin");
  }

  /** Whether the weights' file is an index that names the shards. */
  static boolean isIndex(String weights) {
    return weights.endsWith(INDEX);
  }

  /**
   * The shards an index names.
   *
   * @throws HubException if the file is not an index, or names a file outside the repository
   */
  static SortedSet<String> shards(Path index) throws IOException {
    JsonNode map;
    try {
      map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
    } catch (JacksonException malformed) {
      throw notAnIndex(index + " is not JSON: " + malformed.getOriginalMessage());
    }
    SortedSet<String> shards = new TreeSet<>();
    for (JsonNode shard : map) {
      if (!shard.isString() || !safe(shard.stringValue())) {
        throw notAnIndex(index + " names the shard " + shard + ", which cannot be one");
      }
      shards.add(shard.stringValue());
    }
    if (shards.isEmpty()) {
      throw notAnIndex(index + " names no shards: it has no weight_map");
    }
    return shards;
  }

  private static HubException notAnIndex(String message) {
    return new HubException(
        HubException.Problem.NO_WEIGHTS, message, "tell the model's publisher; use another model");
  }

  /** The first file that a snapshot lacks to be a whole model; none if it is whole. */
  static Optional<String> missing(Path snapshot) throws IOException {
    if (!Files.exists(snapshot.resolve("config.json"))) {
      return Optional.of("config.json");
    }
    Optional<String> weights =
        WEIGHTS.stream().filter(f -> Files.exists(snapshot.resolve(f))).findFirst();
    if (weights.isEmpty()) {
      return Optional.of(WEIGHTS.getFirst());
    }
    if (!isIndex(weights.get())) {
      return Optional.empty();
    }
    return shards(snapshot.resolve(weights.get())).stream()
        .filter(f -> !Files.exists(snapshot.resolve(f)))
        .findFirst();
  }
}
