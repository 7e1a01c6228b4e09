package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The merges of a BPE tokenizer, as {@code "left right"}, most frequent first. */
final class Merges {
  private Merges() {}

  /**
   * Those of {@code tokenizer.json}, in either spelling, {@code "a b"} or {@code ["a", "b"]}; those
   * of {@code merges.txt} if there are none.
   */
  static List<String> read(ModelFiles files, Optional<ObjectNode> tokenizer) throws IOException {
    JsonNode json = tokenizer.map(t -> t.path("model").path("merges")).orElseGet(JsonFiles::empty);
    List<String> merges = new ArrayList<>(json.size());
    for (JsonNode merge : json) {
      merges.add(text(files, merge));
    }
    return merges.isEmpty() ? fromText(files) : merges;
  }

  private static String text(ModelFiles files, JsonNode merge) {
    if (merge.isString()) {
      return merge.stringValue();
    }
    if (merge.size() == 2 && merge.path(0).isString() && merge.path(1).isString()) {
      return visible(merge.get(0).stringValue()) + " " + visible(merge.get(1).stringValue());
    }
    throw new InputException(
        "%s has a merge that is no pair of texts: %s"
            .formatted(files.path("tokenizer.json"), InputException.quote(merge.toString())),
        "download the file again");
  }

  /** A space inside a part would end it; gguf-py moves it up by 256. */
  private static String visible(String part) {
    return part.replace(' ', (char) (' ' + 256));
  }

  private static List<String> fromText(ModelFiles files) throws IOException {
    return files.text("merges.txt").stream()
        .flatMap(
            text -> {
              boolean header = text.lines().findFirst().orElse("").strip().startsWith("#");
              return text.lines().skip(header ? 1 : 0);
            })
        .map(line -> line.strip().split("\\s+"))
        .filter(parts -> parts.length == 2)
        .map(parts -> parts[0] + " " + parts[1])
        .toList();
  }
}
