package dev.lqmf.model;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.DecodingSession;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Compares LQMF with what {@code configs.py} wrote: logits and greedy continuations with
 * Transformers', conversions with llama.cpp's converter; and where a conversion has nothing to say
 * about losses, the logits of the GGUF as well. A line for each difference, and a count by class.
 */
final class CheckConfigs {
  private static final TorchOptions OPTIONS = TorchOptions.DEFAULTS.withThreads(1);
  private static final double TOLERANCE = 1e-4;

  /**
   * GELU by either formula and other habits of llama.cpp's that make as little difference; the
   * narrower a model is, the more.
   */
  private static final double GGUF_TOLERANCE = 2e-3;

  /** Where the converter is known to be wrong, by ConverterIdentityTest and what families say. */
  private static final Pattern KNOWN =
      Pattern.compile(
          "(theirs|ours  ) ("
              + "(bloom|falcon|chatglm)\\.context_length|general\\.file_type"
              + "|(falcon|gpt2|phi2|starcoder)\\.feed_forward_length"
              + "|(phi2|starcoder)\\.attention\\.head_count_kv|blk\\.\\d+\\.attn_qkv\\.(weight|bias)"
              + "|(falcon|gptneox|phi2|stablelm|chatglm|gemma2|gemma3)\\.rope\\."
              + "|chatglm\\.attention\\.layer_norm_rms_epsilon"
              + "|phi3\\.rope\\.scaling\\.attn_factor"
              + "|gemma[23]\\.attention\\.sliding_window_pattern"
              + "|(granite|phi3)\\.rope\\.dimension_count|(granite|phi[23]|chatglm)\\.attention\\.(key|value)_length).*");

  private static final TreeMap<String, int[]> COUNTS = new TreeMap<>();

  private CheckConfigs() {}

  public static void main(String[] arguments) throws IOException {
    List<Path> models;
    try (Stream<Path> directories = Files.list(Path.of(arguments[0]))) {
      models = directories.filter(Files::isDirectory).sorted().toList();
    }
    for (Path model : models) {
      String name = model.getFileName().toString();
      int[] count =
          COUNTS.computeIfAbsent(name.substring(0, name.lastIndexOf('-')), _ -> new int[4]);
      count[0]++;
      check(model, "logits", count, 1, () -> logits(model));
      check(model, "gguf", count, 2, () -> conversion(model));
      check(model, "gguf-logits", count, 3, () -> converted(model));
    }
    System.out.println("class, configurations, other logits, other GGUF, GGUF with other logits");
    COUNTS.forEach(
        (name, n) -> System.out.printf("%-42s %3d %3d %3d %3d%n", name, n[0], n[1], n[2], n[3]));
    System.exit(COUNTS.values().stream().allMatch(n -> n[1] + n[2] + n[3] == 0) ? 0 : 1);
  }

  @FunctionalInterface
  private interface Check {
    /** What differs. */
    List<String> run() throws IOException;
  }

  private static void check(Path model, String kind, int[] counts, int index, Check check) {
    List<String> differences;
    try {
      differences = check.run();
    } catch (InputException e) {
      differences = List.of("refused: " + e.getMessage() + "; " + e.mend());
    } catch (IOException | RuntimeException e) {
      differences = List.of("failed: " + e);
    }
    counts[index] += differences.isEmpty() ? 0 : 1;
    differences.forEach(d -> System.out.println(model.getFileName() + " " + kind + ": " + d));
  }

  private static List<String> logits(Path model) throws IOException {
    try (TorchModel torch = TorchModel.open(model, OPTIONS)) {
      return logits(model, torch, TOLERANCE);
    }
  }

  private static List<String> logits(Path model, TorchModel torch, double tolerance)
      throws IOException {
    List<String> found = new ArrayList<>();
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    int[][] ids = {expected.ids("input_ids")};
    boolean both = torch.encoder().isPresent() && torch.decoder().isPresent();
    try (Activations first = both ? torch.encode(ids) : torch.hidden(ids);
        Activations hidden =
            both ? torch.decode(first, new int[][] {expected.ids("decoder_input_ids")}) : first;
        Logits logits = torch.logits(hidden, 0, hidden.rows())) {
      double difference = relative(logits.toArrays(), expected.rows("logits"));
      if (!(difference < tolerance)) {
        found.add("differ by %.2g of the largest".formatted(difference));
      }
    }
    if (torch.decoder().isPresent()) {
      int[] generated = expected.ids("generated");
      int[] ours = new int[generated.length];
      try (DecodingSession session = both ? torch.session(ids[0]) : torch.session()) {
        int[] next = both ? new int[] {torch.network().decoderStart().orElse(0)} : ids[0];
        for (int i = 0; i < ours.length; i++) {
          ours[i] = best(session.append(next));
          next = new int[] {ours[i]};
        }
      }
      JsonNode gap = JsonFiles.object(model.resolve("drawn.json")).orElseThrow().path("gap");
      if (!java.util.Arrays.equals(ours, generated) && !(gap.asDouble(1) < 1e-3)) {
        found.add(
            "continues with %s, not %s"
                .formatted(
                    java.util.Arrays.toString(ours), java.util.Arrays.toString(generated)));
      }
    }
    return found;
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private static double relative(float[][] actual, float[][] expected) {
    double largest = 0;
    double difference = 0;
    for (int r = 0; r < expected.length; r++) {
      for (int c = 0; c < expected[r].length; c++) {
        largest = Math.max(largest, Math.abs(expected[r][c]));
        double d = Math.abs((double) actual[r][c] - expected[r][c]);
        difference = d >= 0 ? Math.max(difference, d) : Double.POSITIVE_INFINITY;
      }
    }
    return difference / largest;
  }

  private static List<String> conversion(Path directory) throws IOException {
    HfConfig config = HfConfig.read(new ModelFiles(directory));
    if (Families.of(config).gguf().isEmpty()) {
      return List.of();
    }
    if (!Files.exists(directory.resolve("expected.json"))) {
      try (GgufModel _ = GgufModel.fromCheckpoint(directory)) {
        System.out.println(directory.getFileName() + " only the converter refuses");
      } catch (InputException e) {
        System.out.println(directory.getFileName() + " both refuse: " + e.getMessage());
      }
      return List.of();
    }
    List<String> found = new ArrayList<>();
    JsonNode expected = JsonFiles.object(directory.resolve("expected.json")).orElseThrow();
    try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
      differences(
          Listing.metadata(expected.path("metadata")), Listing.metadata(model.metadata(0)), found);
      differences(
          Listing.tensors(expected.path("tensors")),
          Listing.tensors(model.tensors(), TensorType.F32),
          found);
      boolean bigCode = config.architecture().equals("GPTBigCodeForCausalLM");
      found.removeIf(
          line ->
              KNOWN.matcher(line).matches() && (bigCode || !line.contains("attn_qkv")));
    }
    return found;
  }

  private static void differences(List<String> theirs, List<String> ours, List<String> found) {
    theirs.stream().filter(l -> !ours.contains(l)).forEach(l -> found.add("theirs " + shorter(l)));
    ours.stream().filter(l -> !theirs.contains(l)).forEach(l -> found.add("ours   " + shorter(l)));
    if (found.isEmpty() && !theirs.equals(ours)) {
      found.add("another order");
    }
  }

  private static String shorter(String line) {
    return line.length() > 160 ? line.substring(0, 160) + "…" : line;
  }

  private static List<String> converted(Path directory) throws IOException {
    HfConfig config = HfConfig.read(new ModelFiles(directory));
    if (Families.of(config).gguf().isEmpty()) {
      return List.of();
    }
    try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
      return model.notes().isEmpty() ? logits(directory, model) : List.of();
    } catch (InputException e) {
      // Said above.
      return List.of();
    }
  }

  private static List<String> logits(Path directory, GgufModel model) throws IOException {
    try {
      GgufAsCheckpoint checkpoint = GgufAsCheckpoint.of(model);
      Network network = Families.network(checkpoint.config());
      try (TorchModel torch =
          TorchModel.open(
              network,
              CheckpointWeights.of(network, directory.toString(), checkpoint.tensors()),
              OPTIONS)) {
        return logits(directory, torch, GGUF_TOLERANCE);
      }
    } catch (InputException e) {
      return List.of("refused: " + e.getMessage());
    }
  }
}
