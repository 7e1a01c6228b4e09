package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.doctor.Doctor;
import dev.lqmf.factory.doctor.Health;
import dev.lqmf.factory.plugin.LayerMethod;
import dev.lqmf.factory.plugin.Plugins;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.testkit.ExamplePlugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginMethodTest {
  private static final Path LLAMA = Path.of("../examples/models/docs-llama-4m");
  private static final Path GPT2 = Path.of("../examples/models/docs-gpt2-4m");

  @TempDir static Path shared;
  private static Path plugins;
  @TempDir Path directory;

  @BeforeAll
  static void build() throws IOException {
    plugins = shared.resolve("plugins");
    ExamplePlugin.build(plugins);
  }

  @Test
  void isListedAfterLqmfsOwn() {
    List<QuantMethods.Entry> all = QuantMethods.with(plugins);

    assertThat(all).extracting(QuantMethods.Entry::name).startsWith("gguf").endsWith("rtn");
    assertThat(all.getLast().plugin()).isPresent();
  }

  /** Conv1D layers of GPT-2 are stored the other way round. */
  @Test
  void makesCheckpointsThatAreReadAsGptq() throws IOException {
    for (Path model : List.of(LLAMA, GPT2)) {
      Path result = quantize(model, Map.of("group-size", "64"));

      assertThat(result.getFileName()).hasToString(model.getFileName() + "_rtn_4bit_g64");
      var diagnosis = Doctor.examine(result, Optional.of(model), _ -> {});
      assertThat(diagnosis.health()).isEqualTo(Health.HEALTHY);
      // Half a step of 16 over the range of a group: what rounding of bell-shaped weights costs.
      assertThat(diagnosis.comparison().orElseThrow().median()).isBetween(0.0, 0.15);
      assertThat(diagnosis.comparison().orElseThrow().largest()).isBetween(0.05, 0.15);
      assertThat(diagnosis.comparison().orElseThrow().outliers()).isEmpty();
    }
  }

  @Test
  void theSameResultIsNotMadeTwice() throws IOException {
    Path first = quantize(LLAMA, Map.of());
    var time = Files.getLastModifiedTime(first.resolve("model.safetensors"));

    Path second = quantize(LLAMA, Map.of());

    assertThat(Files.getLastModifiedTime(second.resolve("model.safetensors"))).isEqualTo(time);
  }

  @Test
  void refusesUnknownOptionsAndValues() throws IOException {
    LayerMethod method = method();
    assertThatThrownBy(() -> new PluginMethod(method, Map.of("bits", "3")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no option 'bits'");
    assertThatThrownBy(() -> new PluginMethod(method, Map.of("group-size", "33")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("33");
  }

  @Test
  void aJarThatIsNoPluginIsNamed() throws IOException {
    Path other = Files.createDirectory(directory.resolve("other"));
    Path jar = other.resolve("other.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry("nothing.txt"));
    }
    assertThatThrownBy(() -> QuantMethods.with(other))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(jar.toString());

    Files.writeString(jar, "not a jar");
    assertThatThrownBy(() -> QuantMethods.with(other))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(jar.toString());
  }

  @Test
  void aNameCanBeTakenOnlyOnce() throws IOException {
    Path twice = Files.createDirectory(directory.resolve("twice"));
    Path jar = plugins.resolve("round-to-nearest.jar");
    Files.copy(jar, twice.resolve("a.jar"));
    Files.copy(jar, twice.resolve("b.jar"));

    assertThatThrownBy(() -> QuantMethods.with(twice))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("b.jar");
    assertThat(QuantMethods.with(directory.resolve("none"))).hasSize(3);
  }

  private static LayerMethod method() throws IOException {
    return Plugins.load(plugins, Set.of()).getFirst();
  }

  private Path quantize(Path model, Map<String, String> options) throws IOException {
    QuantizeReport report =
        new QuantizeJob(
                QuantizeRequest.of(model.toString(), new PluginMethod(method(), options))
                    .outputRoot(directory)
                    .build(),
                new ScalarKernels())
            .run(_ -> {});
    return report.outputs().getFirst().directory();
  }
}
