package dev.lqmf.model;

import dev.lqmf.model.config.ModelFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** The YAML at the top of a model's README.md. */
final class ModelCard {
  private final Map<?, ?> values;

  private ModelCard(Map<?, ?> values) {
    this.values = values;
  }

  /** The card of a model directory; empty if there is none, or none that can be read. */
  static ModelCard read(ModelFiles files) throws IOException {
    List<String> lines = files.text("README.md").stream().flatMap(String::lines).toList();
    if (lines.isEmpty() || !lines.getFirst().equals("---")) {
      return new ModelCard(Map.of());
    }
    String yaml =
        lines.stream().skip(1).takeWhile(l -> !l.equals("---")).collect(Collectors.joining("\n"))
            + "\n";
    // YAML 1.1 takes the language code of Norwegian for false, and tabs are common: as gguf-py.
    yaml = yaml.replace("- no\n", "- \"no\"\n").replace("\t", "  ");
    try {
      Object loaded = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
      return new ModelCard(loaded instanceof Map<?, ?> map ? map : Map.of());
    } catch (YAMLException e) {
      // The card decides no weights: a damaged one is as good as none.
      return new ModelCard(Map.of());
    }
  }

  private Optional<Object> get(String key) {
    @Nullable Object value = values.get(key);
    return Optional.ofNullable(value);
  }

  /** A value as text; a list joined by commas. */
  Optional<String> text(String key) {
    return get(key)
        .map(
            v ->
                v instanceof List<?> list
                    ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                    : String.valueOf(v));
  }

  /** The entries under all these keys, each a list or a single text. */
  List<String> texts(String... keys) {
    List<String> all = new ArrayList<>();
    for (String key : keys) {
      get(key)
          .ifPresent(
              v -> {
                if (v instanceof List<?> list) {
                  list.forEach(e -> all.add(String.valueOf(e)));
                } else if (v instanceof String s) {
                  all.add(s);
                }
              });
    }
    return all;
  }

  /** What stands under the first of the keys that is there, as a list. */
  Optional<List<?>> list(List<String> keys) {
    return keys.stream()
        .filter(values::containsKey)
        .findFirst()
        .map(
            key ->
                switch (values.get(key)) {
                  case List<?> list -> list;
                  case String s -> List.of(s);
                  case null, default -> List.of();
                });
  }
}
