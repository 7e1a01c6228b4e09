package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ExperimentsCommandTest {
  private static final String EXAMPLE = Program.EXAMPLE.toAbsolutePath().toString();

  @TempDir Path directory;

  private Program run(String... args) {
    return Program.run(Program.place(Map.of(), directory, "", SecretPrompt.NOBODY), args);
  }

  private JsonNode json(String... args) {
    Program run = run(args);
    assertThat(run.status()).as(run.err()).isZero();
    return JsonMapper.shared().readTree(run.out());
  }

  private Program quantize(String... options) {
    List<String> args = new ArrayList<>(List.of("quantize", EXAMPLE, "--no-test"));
    args.addAll(List.of(options));
    return run(args.toArray(String[]::new));
  }

  private List<String> ids() {
    List<String> ids = new ArrayList<>();
    json("experiments", "list", "--json")
        .get("experiments")
        .forEach(e -> ids.add(e.get("id").asString()));
    return ids;
  }

  @Test
  void aRunIsRecordedListedShownComparedAndForgotten() {
    assertThat(run("experiments", "list").out()).isEqualTo("no experiments yet\n");
    assertThat(run("stats").out()).isEqualTo("no experiments yet\n");
    assertThat(directory.resolve("experiments")).as("looking leaves no trace").doesNotExist();

    assertThat(quantize("--type", "Q8_0").status()).isZero();
    assertThat(quantize("--type", "Q4_0").status()).isZero();
    assertThat(quantize("--type", "Q8_0", "--force").status()).isZero();

    List<String> ids = ids();
    assertThat(ids).hasSize(3);
    Program list = run("experiments", "list", "--type", "q4_0");
    assertThat(list.out())
        .contains(ids.get(1), "success", "docs-llama-4m")
        .doesNotContain(ids.get(0), ids.get(2));
    JsonNode shown = json("experiments", "show", ids.get(0), "--json");
    assertThat(shown.get("parent").asString()).isEqualTo(ids.get(2));
    assertThat(shown.get("version_of_recipe").asInt()).isEqualTo(2);
    assertThat(shown.get("bits_per_weight").asDouble()).isBetween(8.0, 9.0);
    assertThat(run("experiments", "show", ids.get(0)).out())
        .containsPattern("version +2, after " + ids.get(2));
    assertThat(run("experiments", "compare", ids.get(0), ids.get(1)).out())
        .containsPattern("model +docs-llama-4m +the same")
        .containsPattern("type +Q8_0 +Q4_0");
    Program narrow =
        Program.runOnTerminal(
            Program.place(Map.of(), directory, "", SecretPrompt.NOBODY),
            "experiments",
            "compare",
            ids.get(0),
            ids.get(1));
    assertThat(narrow.out().lines()).allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(80));
    assertThat(narrow.out()).containsPattern("type +Q8_0 +Q4_0");
    JsonNode stats = json("stats", "--json");
    assertThat(stats.get("success_rate").asDouble()).isEqualTo(1);
    assertThat(stats.get("bytes_saved").asLong()).isPositive();
    assertThat(stats.get("predicted_runs").asInt()).isEqualTo(3);
    assertThat(run("stats").out()).containsPattern("gguf +Q8_0 +2 +100.0 %");

    assertThat(run("experiments", "delete", ids.get(1)).out())
        .isEqualTo("forgot " + ids.get(1) + "\n");
    assertThat(ids()).containsExactly(ids.get(0), ids.get(2));
    assertThat(directory.resolve("quantized-models/docs-llama-4m_gguf_Q4_0")).exists();
  }

  @Test
  void whatWasMadeTogetherHasNoTimeOfItsOwn() {
    quantize("--type", "Q8_0,Q4_0");

    assertThat(run("stats").out()).contains("Times are those of runs that made a single result.");
  }

  @Test
  void aFailureIsRecordedWithItsReason() {
    Program failed = run("quantize", directory.resolve("none.gguf").toString(), "--type", "Q8_0");
    assertThat(failed.status()).isEqualTo(1);

    JsonNode found =
        json("experiments", "list", "--status", "failed", "--json").get("experiments").get(0);
    assertThat(found.get("error").asString()).endsWith("none.gguf does not exist");
    assertThat(json("experiments", "search", "NONE.gguf", "--json").get("experiments").size())
        .isEqualTo(1);
    assertThat(run("experiments", "search", "something else").out())
        .isEqualTo("no experiments like that\n");
  }

  @Test
  void withoutARecordThereIsNoTrace() throws Exception {
    assertThat(quantize("--type", "Q8_0", "--no-record").status()).isZero();
    assertThat(quantize("--type", "Q4_0", "--dry-run").status()).isZero();

    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactly(directory.resolve("quantized-models"));
    }
  }

  @Test
  void aRunThatCannotBeRecordedSucceeds() throws Exception {
    Files.writeString(directory.resolve("experiments"), "a file in the way");

    Program run = quantize("--type", "Q8_0");

    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("note: this run is not recorded");
    assertThat(directory.resolve("quantized-models/docs-llama-4m_gguf_Q8_0")).exists();
  }

  @Test
  void experimentsMoveBetweenTheStores() {
    quantize("--type", "Q8_0,Q4_0");
    String file = directory.resolve("export.json").toString();
    JsonNode before = json("experiments", "list", "--json");

    assertThat(run("experiments", "export", file).out()).startsWith("2 experiments in ");
    assertThat(run("experiments", "export", file).err()).startsWith("error: " + file + " exists");
    String[] other = {"--set", "STORAGE_BACKEND=json", "--set", "EXPERIMENTS_DIR=other"};
    assertThat(run(with(other, "experiments", "import", file)).out())
        .startsWith("2 experiments from ");

    assertThat(json(with(other, "experiments", "list", "--json"))).isEqualTo(before);
    assertThat(directory.resolve("other/runs")).isDirectoryContaining("glob:**.json");
    assertThat(directory.resolve("experiments/experiments.db")).exists();
  }

  private static String[] with(String[] options, String... args) {
    return Stream.concat(Stream.of(args), Stream.of(options)).toArray(String[]::new);
  }

  @Test
  void twoProcessesThatQuantizeAtOnceAreBothRecordedAndAKilledOneIsLost() throws Exception {
    Process first = start("Q8_0,Q4_0");
    Process second = start("Q5_0,Q5_1");
    assertThat(first.waitFor()).isZero();
    assertThat(second.waitFor()).isZero();
    assertThat(json("stats", "--json").get("by_status").get("success").asInt()).isEqualTo(4);

    Process killed = start("Q6_K");
    while (killed.isAlive() && !isRunningRecorded()) {
      Thread.sleep(2);
    }
    killed.destroyForcibly().waitFor();

    JsonNode lost =
        json("experiments", "list", "--status", "lost", "--json").get("experiments").get(0);
    assertThat(lost.get("type").asString()).isEqualTo("Q6_K");
    assertThat(json("stats", "--json").get("by_status").get("running").asInt()).isZero();
  }

  private boolean isRunningRecorded() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("experiments/incoming"))) {
      return files.anyMatch(f -> f.toString().endsWith(".json"));
    }
  }

  private Process start(String types) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "quantize",
                EXAMPLE,
                "--type",
                types)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().keySet().removeIf(name -> name.endsWith("_DIR"));
    return builder.start();
  }
}
