package dev.lqmf.model.arch;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How an embedding model makes one vector of many, as Sentence Transformers' files say it. */
final class Pooling {
  private Pooling() {}

  /** {@code .pooling_type} by {@code llama_pooling_type}, if there are such files. */
  static void write(ModelFiles files, MetadataCollector out) throws IOException {
    Optional<String> folder = folder(files);
    if (folder.isEmpty()) {
      return;
    }
    ObjectNode json = files.object(folder.get() + "/config.json").orElseGet(JsonFiles::empty);
    if (json.path("pooling_mode_mean_tokens").asBoolean(false)) {
      out.u32(".pooling_type", 1);
    } else if (json.path("pooling_mode_cls_token").asBoolean(false)) {
      out.u32(".pooling_type", 2);
    } else if (json.path("pooling_mode_lasttoken").asBoolean(false)) {
      out.u32(".pooling_type", 3);
    } else {
      int type =
          List.of("", "mean", "cls", "lasttoken").indexOf(json.path("pooling_mode").asString(""));
      if (type <= 0) {
        throw new InputException(
            files.path(folder.get()) + " asks for a pooling that llama.cpp does not have",
            "use a model that takes the mean, the first or the last token");
      }
      out.u32(".pooling_type", type);
    }
  }

  private static Optional<String> folder(ModelFiles files) throws IOException {
    return JsonFiles.array(files.path("modules.json")).stream()
        .flatMap(ArrayNode::valueStream)
        .filter(module -> module.path("type").asString("").endsWith("Pooling"))
        .map(module -> module.path("path").asString(""))
        .findFirst();
  }
}
