package dev.lqmf.model;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.MetadataCollector;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The {@code general.} metadata: what the model card, {@code generation_config.json}, {@code
 * config.json} and the name of the directory say, in gguf-py's order of precedence ({@code
 * Metadata.load}, {@code set_gguf_meta_model}).
 */
final class GeneralMetadata {
  /** A key of the GGUF and the keys of the model card that may fill it, first one first. */
  private record CardField(String key, List<String> cardKeys) {}

  private static final List<CardField> CARD =
      List.of(
          new CardField("name", List.of("name", "model_name")),
          new CardField("author", List.of("author", "model_author", "model_creator")),
          new CardField("version", List.of("version", "model_version")),
          new CardField("organization", List.of("organization", "model_organization")),
          new CardField("finetune", List.of("finetune", "model_finetune")),
          new CardField("basename", List.of("basename", "model_basename", "model_type")),
          new CardField("description", List.of("description", "model_description")),
          new CardField("size_label", List.of("size_label", "model_size_label")),
          new CardField("license", List.of("license")),
          new CardField("license.name", List.of("license_name")),
          new CardField("license.link", List.of("license_link")),
          new CardField("source.url", List.of("url", "model_url")),
          new CardField("source.doi", List.of("doi", "model_doi")),
          new CardField("source.uuid", List.of("uuid", "model_uuid")),
          new CardField("source.repo_url", List.of("repo_url", "model_repo_url")));

  private static final List<String> SOURCE_FIELDS =
      List.of(
          "name",
          "author",
          "version",
          "organization",
          "description",
          "url",
          "doi",
          "uuid",
          "repo_url");

  private static final Pattern HUB_ADDRESS =
      Pattern.compile("https?://huggingface.co/([^/]+/[^/]+)");

  private final ModelCard card;
  private final long parameters;
  private final Map<String, String> fields = new LinkedHashMap<>();

  private GeneralMetadata(ModelCard card, long parameters) {
    this.card = card;
    this.parameters = parameters;
  }

  /**
   * Writes everything from {@code general.type} to {@code general.languages}.
   *
   * @param name of the model, to guess from what nothing else says: its directory or hub id
   * @param size what the size label is made from if the name does not say
   */
  static void write(ModelFiles files, String name, ParameterCount size, MetadataCollector out)
      throws IOException {
    var metadata = new GeneralMetadata(ModelCard.read(files), size.total());
    metadata.load(files, name, size);
    out.string("general.type", "model");
    metadata.writeSampling(files, out);
    metadata.write(out);
  }

  private void load(ModelFiles files, String name, ParameterCount size) throws IOException {
    for (CardField field : CARD) {
      for (String key : field.cardKeys()) {
        card.text(key).ifPresent(v -> fields.putIfAbsent(field.key(), v));
      }
    }
    files
        .object("config.json")
        .map(config -> config.get("_name_or_path"))
        .filter(JsonNode::isString)
        .map(JsonNode::stringValue)
        // More slashes mean somebody's disk.
        .filter(id -> id.indexOf('/') == id.lastIndexOf('/'))
        .ifPresent(this::guess);
    guess(name);
    fields.putIfAbsent(
        "size_label", ModelName.sizeLabel(size.total(), size.perExpert(), size.experts()));
  }

  private void guess(String id) {
    ModelName name = ModelName.parse(id, parameters);
    fields.putIfAbsent("name", ModelName.title(name.full()));
    name.organization().ifPresent(v -> fields.putIfAbsent("organization", ModelName.title(v)));
    name.basename().ifPresent(v -> fields.putIfAbsent("basename", v));
    name.finetune().ifPresent(v -> fields.putIfAbsent("finetune", v));
    name.version().ifPresent(v -> fields.putIfAbsent("version", v));
    name.sizeLabel().ifPresent(v -> fields.putIfAbsent("size_label", v));
  }

  private void writeSampling(ModelFiles files, MetadataCollector out) throws IOException {
    ObjectNode config =
        JsonFiles.objectIfValid(files.path("generation_config.json")).orElseGet(JsonFiles::empty);
    Optional.ofNullable(config.get("sequence"))
        .filter(JsonNode::isString)
        .ifPresent(v -> out.string("general.sampling.sequence", v.stringValue()));
    integer(config, out, "top_k", "top_k");
    real(config, out, "top_p", "top_p");
    real(config, out, "min_p", "min_p");
    real(config, out, "xtc_probability", "xtc_probability");
    real(config, out, "xtc_threshold", "xtc_threshold");
    real(config, out, "temp", "temperature");
    integer(config, out, "penalty_last_n", "penalty_last_n");
    real(
        config,
        out,
        "penalty_repeat",
        config.has("penalty_repeat") ? "penalty_repeat" : "repetition_penalty");
    integer(config, out, "mirostat", "mirostat");
    real(config, out, "mirostat_tau", "mirostat_tau");
    real(config, out, "mirostat_eta", "mirostat_eta");
  }

  private static void integer(ObjectNode config, MetadataCollector out, String key, String name) {
    JsonNode value = config.get(name);
    if (value != null && value.canConvertToInt()) {
      out.i32("general.sampling." + key, value.intValue());
    }
  }

  private static void real(ObjectNode config, MetadataCollector out, String key, String name) {
    JsonNode value = config.get(name);
    if (value != null && value.isNumber()) {
      out.f32("general.sampling." + key, value.doubleValue());
    }
  }

  private void write(MetadataCollector out) {
    for (CardField field : CARD) {
      String value = fields.get(field.key());
      if (value != null) {
        out.string("general." + field.key(), value);
      }
    }
    sources(out, "base_model", List.of("base_model", "base_models", "base_model_sources"));
    sources(out, "dataset", List.of("datasets", "dataset", "dataset_sources"));
    out.strings("general.tags", card.texts("tags", "pipeline_tag"));
    out.strings("general.languages", card.texts("languages", "language"));
  }

  private void sources(MetadataCollector out, String key, List<String> cardKeys) {
    Optional<List<?>> listed = card.list(cardKeys);
    if (listed.isEmpty()) {
      return;
    }
    out.u32("general." + key + ".count", listed.get().size());
    for (int i = 0; i < listed.get().size(); i++) {
      Map<String, String> source = source(listed.get().get(i));
      for (String field : SOURCE_FIELDS) {
        String value = source.get(field);
        if (value != null) {
          out.string("general." + key + "." + i + "." + field, value);
        }
      }
    }
  }

  /** A base model or data set: a hub id, an address, or its fields. */
  private Map<String, String> source(@Nullable Object entry) {
    Map<String, String> source = new TreeMap<>();
    if (entry instanceof Map<?, ?> map) {
      map.forEach((k, v) -> source.put(String.valueOf(k), String.valueOf(v)));
    } else if (entry instanceof String id) {
      boolean address =
          id.startsWith("http://") || id.startsWith("https://") || id.startsWith("ssh://");
      Matcher hub = HUB_ADDRESS.matcher(id);
      if (address) {
        source.put("repo_url", id);
      }
      if (!address || hub.matches()) {
        ModelName name = ModelName.parse(address ? hub.group(1) : id, parameters);
        source.put("name", ModelName.title(name.full()));
        name.version().ifPresent(v -> source.put("version", v));
        name.organization()
            .ifPresent(
                o -> {
                  source.put("organization", ModelName.title(o));
                  source.putIfAbsent("repo_url", "https://huggingface.co/" + o + "/" + name.full());
                });
      }
    }
    return source;
  }
}
