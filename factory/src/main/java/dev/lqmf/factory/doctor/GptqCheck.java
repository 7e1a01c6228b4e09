package dev.lqmf.factory.doctor;

import dev.lqmf.factory.IndentedJson;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.quant.gptq.ZeroPoints;
import dev.lqmf.torch.gptq.GptqCheckpoint;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A GPTQ checkpoint's two descriptions agree with each other and with its zero points. The modules'
 * shapes and groups are checked when the model is opened.
 */
final class GptqCheck implements Check {
  private static final JsonMapper MAPPER = IndentedJson.mapper().build();
  private static final String INSIDE = "config.json";
  private static final String BESIDE = "quantize_config.json";
  private static final String SECTION = "quantization_config";
  private static final String LABEL = "checkpoint_format";

  /** Keys that decide how codes are read. */
  private static final List<String> DECISIVE = List.of("bits", "group_size", "desc_act", "sym");

  @Override
  public String name() {
    return "GPTQ";
  }

  @Override
  public boolean concerns(Patient patient) {
    return patient.quantMethod().equals("gptq");
  }

  @Override
  public void run(Patient patient, Consumer<Finding> findings) throws IOException {
    ModelFiles files = patient.files().orElseThrow();
    ObjectNode config = files.object(INSIDE).orElseThrow();
    ObjectNode inside = (ObjectNode) config.get(SECTION);
    List<String> problems = new ArrayList<>();
    List<Mend> mends = new ArrayList<>();

    if (patient.model().map(StoredModel::weights).orElse(null) instanceof GptqCheckpoint weights) {
      String key = inside.has("format") && !inside.has(LABEL) ? "format" : LABEL;
      String label = inside.path(key).asString("gptq");
      String right = weights.form() == ZeroPoints.V2 ? "gptq_v2" : "gptq";
      if (!label.equals(right)) {
        problems.add(
            "the label says %s, but the zero points are those of %s".formatted(label, right));
        inside.put(key, right);
        mends.add(new Mend.ReplaceFile(INSIDE, text(config)));
      }
      beside(files, inside).forEach(problems::add);
      if (!problems.isEmpty()) {
        mends.add(new Mend.ReplaceFile(BESIDE, text(inside)));
      }
    }
    if (problems.isEmpty()) {
      findings.accept(
          Finding.ok(
              name(),
              "%s bits, groups of %s inputs, zero points as labelled"
                  .formatted(inside.path("bits"), inside.path("group_size"))));
    }
    for (String problem : problems) {
      findings.accept(Finding.repairable(name(), problem, mends.toArray(Mend[]::new)));
    }
  }

  /** What is wrong with the second description, given that the tensors fit the first. */
  private static List<String> beside(ModelFiles files, ObjectNode inside) throws IOException {
    Optional<ObjectNode> beside = files.object(BESIDE);
    if (beside.isEmpty()) {
      return List.of(BESIDE + " is missing, which GPTQModel and vLLM read");
    }
    List<String> problems = new ArrayList<>();
    for (String key : DECISIVE) {
      JsonNode one = inside.path(key);
      JsonNode other = beside.get().path(key);
      if (!one.isMissingNode() && !other.isMissingNode() && !one.equals(other)) {
        problems.add("%s is %s in %s, but %s in %s".formatted(key, one, INSIDE, other, BESIDE));
      }
    }
    return problems;
  }

  private static String text(ObjectNode node) {
    return MAPPER.writeValueAsString(node) + "\n";
  }
}
