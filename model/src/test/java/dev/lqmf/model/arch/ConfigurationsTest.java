package dev.lqmf.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.GgufModel;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Configurations are completed as Transformers completes them. */
class ConfigurationsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/dev/lqmf/model/golden");

  @TempDir private Path temporary;

  static Stream<Path> checkpoints() throws IOException {
    try (Stream<Path> found = Files.list(GOLDEN)) {
      return found.filter(Files::isDirectory).sorted().toList().stream();
    }
  }

  private static ModelContext read(Path directory) throws IOException {
    ModelFiles files = new ModelFiles(directory);
    HfConfig config = HfConfig.read(files);
    return Families.of(config).context(files, config);
  }

  private static HfConfig complete(Path directory) throws IOException {
    HfConfig config = HfConfig.read(new ModelFiles(directory));
    return Families.of(config).complete(config);
  }

  private ModelContext configured(String json) throws IOException {
    Files.writeString(temporary.resolve("config.json"), json);
    return read(temporary);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void completesFewKeysToTheSameValues(Path directory) throws IOException {
    HfConfig whole = complete(directory);
    ObjectNode few = JsonFiles.object(directory.resolve("config.json")).orElseThrow().deepCopy();
    // What was saved beside the model's own sizes comes from the configuration class.
    few.remove(
        List.of(
            "layer_types",
            "no_rope_layers",
            "num_decoder_layers",
            "word_embed_proj_dim",
            "is_gated_act",
            "dense_act_fn",
            "scale_decoder_outputs",
            "hidden_act",
            "activation_function",
            "hidden_activation",
            "use_parallel_residual",
            "tie_word_embeddings"));
    Files.writeString(temporary.resolve("config.json"), few.toString());
    HfConfig completed = complete(temporary);
    for (String key :
        List.of(
            "layer_types",
            "no_rope_layers",
            "num_decoder_layers",
            "is_gated_act",
            "dense_act_fn",
            "scale_decoder_outputs")) {
      // As text, since whole numbers of different widths are different nodes.
      assertThat(completed.value(key).map(Object::toString))
          .as(key)
          .isEqualTo(whole.value(key).map(Object::toString));
    }
    assertThat(completed.integer("vocab_size")).isPresent();
    assertThat(completed.bool("tie_word_embeddings")).isPresent();
  }

  static Stream<Path> twoSpellings() throws IOException {
    return checkpoints().filter(d -> Files.exists(d.resolve("config.v4.json")));
  }

  @ParameterizedTest
  @MethodSource("twoSpellings")
  void readsRotaryParametersInBothSpellings(Path directory) throws IOException {
    ModelContext expected = read(directory);
    ModelContext actual = configured(Files.readString(directory.resolve("config.v4.json")));
    assertThat(actual.rope().theta()).isPresent().isEqualTo(expected.rope().theta());
    assertThat(actual.rope().type()).isEqualTo(expected.rope().type());
    assertThat(actual.rope().partialRotaryFactor())
        .isEqualTo(expected.rope().partialRotaryFactor());
    assertThat(actual.rope().values().real("factor"))
        .isEqualTo(expected.rope().values().real("factor"));
    assertThat(actual.localRope().isPresent()).isEqualTo(expected.localRope().isPresent());
    if (expected.localRope().isPresent()) {
      assertThat(actual.localRope().get().theta()).isEqualTo(expected.localRope().get().theta());
      assertThat(actual.localRope().get().type()).isEqualTo(expected.localRope().get().type());
    }
  }

  @Test
  void tellsGemmasTwoRotationsApart() throws IOException {
    ModelContext context = read(GOLDEN.resolve("Gemma3ForCausalLM"));
    assertThat(context.rope().theta()).hasValue(1e6);
    assertThat(context.rope().type()).hasValue("linear");
    assertThat(context.localRope().orElseThrow().theta()).hasValue(1e4);
    assertThat(context.localRope().orElseThrow().type()).hasValue("default");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LlamaForCausalLM|llama|1|10000",
        "MixtralForCausalLM|mixtral|1|1000000",
        "SmolLM3ForCausalLM|smollm3|1|2000000",
        "PhiForCausalLM|phi|0.5|10000",
        "StableLmForCausalLM|stablelm|0.25|10000",
        "GPTNeoXForCausalLM|gpt_neox|0.25|10000",
        "GlmForCausalLM|glm|0.5|10000"
      })
  void knowsTheRotationOfTheClass(String name, String type, double part, double theta)
      throws IOException {
    ModelContext context =
        configured("{\"architectures\": [\"%s\"], \"model_type\": \"%s\"}".formatted(name, type));
    assertThat(context.rope().partialRotaryFactor().orElse(1)).isEqualTo(part);
    assertThat(context.rope().theta()).hasValue(theta);
  }

  @Test
  void readsOtherNamesOfKeys() throws IOException {
    HfConfig config =
        configured(
                """
                {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5",
                 "hidden_size": 96, "num_hidden_layers": 3, "feed_forward_proj": "gated-gelu",
                 "tie_word_embeddings": false}
                """)
            .config();
    assertThat(config.count("d_model")).isEqualTo(96);
    assertThat(config.count("num_layers")).isEqualTo(3);
    assertThat(config.count("num_decoder_layers")).isEqualTo(3);
    assertThat(config.string("dense_act_fn")).hasValue("gelu_new");
    assertThat(config.bool("is_gated_act")).hasValue(true);
    assertThat(config.bool("scale_decoder_outputs")).hasValue(false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BartForConditionalGeneration",
        "BlenderbotForConditionalGeneration",
        "BlenderbotSmallForConditionalGeneration",
        "CodeGenForCausalLM",
        "GPTJForCausalLM",
        "GPTNeoForCausalLM",
        "OPTForCausalLM"
      })
  void saysWhatLlamaCppHasNoArchitectureFor(String name) {
    assertThat(Families.classes()).contains(name);
    assertThat(Families.convertible()).doesNotContain(name);
    assertThatThrownBy(() -> GgufModel.fromCheckpoint(GOLDEN.resolve(name)))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e)
                  .hasMessage(
                      "llama.cpp has no architecture for %s, so it cannot become a GGUF", name);
              assertThat(e.mend()).isEqualTo("quantize it with GPTQ or bitsandbytes");
            });
  }
}
