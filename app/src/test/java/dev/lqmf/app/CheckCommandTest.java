package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CheckCommandTest {
  @TempDir Path directory;

  /** An embedding of 100 × 64, two matrices of linear layers, and a norm. */
  @BeforeEach
  void writeWeights() throws IOException {
    List<TensorInfo> tensors =
        List.of(
            new TensorInfo("model.embed_tokens.weight", TensorType.F16, Shape.of(100, 64)),
            new TensorInfo(
                "model.layers.0.mixer.in_proj.weight", TensorType.F16, Shape.of(128, 64)),
            new TensorInfo("model.layers.0.mixer.odd.weight", TensorType.F16, Shape.of(6, 64)),
            new TensorInfo("model.layers.0.norm.weight", TensorType.F32, Shape.of(64)));
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(directory.resolve("model.safetensors"), Map.of(), tensors)) {
      for (int i = 0; i < tensors.size(); i++) {
        writer.write(i, 0, MemorySegment.ofArray(new byte[(int) tensors.get(i).byteSize()]));
      }
      writer.commit();
    }
  }

  private void configure(String json) throws IOException {
    Files.writeString(directory.resolve("config.json"), json);
  }

  @Test
  void tellsThatEverythingWorksForAnOrdinaryModel() {
    Program run = Program.run("check", Program.EXAMPLE.toString());

    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith("docs-llama-4m\nLlamaForCausalLM, 3.67 M weights, 7.34 MB as stored\n")
        .containsPattern("GGUF +yes +as llama\n")
        .containsPattern("GPTQ +yes +28 linear layers\n")
        .containsPattern("bitsandbytes +yes +28 linear layers\n")
        .containsPattern("gguf +Q4_K_M +\\d\\.\\d\\d +\\d\\.\\d\\d MB\n")
        .containsPattern("bitsandbytes +nf4 +\\d\\.\\d\\d +\\d\\.\\d\\d MB\n")
        .doesNotContain("What a GGUF loses");
  }

  @Test
  void sizesAreThoseOfTheFiles() {
    JsonNode json = json(Program.EXAMPLE);

    assertThat(json.get("parameters").asLong()).isEqualTo(3_672_320L);
    assertThat(json.get("stored_bytes").asLong()).isEqualTo(2 * 3_672_320L);
    assertThat(size(json, "BF16")).isBetween(7_344_640L, 7_400_000L);
    assertThat(size(json, "Q8_0")).isBetween(3_900_000L, 3_930_000L);
    assertThat(size(json, "Q4_K_M")).isLessThan(size(json, "Q5_K_M"));
  }

  private static long size(JsonNode json, String type) {
    for (JsonNode size : json.get("sizes")) {
      if (size.get("type").asString().equals(type)) {
        return size.get("bytes").asLong();
      }
    }
    throw new AssertionError(type);
  }

  private static JsonNode json(Path model) {
    return JsonMapper.shared().readTree(Program.run("check", model.toString(), "--json").out());
  }

  @Test
  void saysWhatWorksForAnUnknownClass() throws IOException {
    configure("{\"architectures\": [\"MambaForCausalLM\"], \"model_type\": \"mamba\"}");

    Program run = Program.run("check", directory.toString());

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("MambaForCausalLM, which is not known")
        .containsPattern(
            "GGUF +no +.*config\\.json: the architecture 'MambaForCausalLM' is not known")
        .containsPattern("GPTQ +no +it needs a forward pass")
        .containsPattern("bitsandbytes +yes +2 linear layers\n")
        .containsPattern("bitsandbytes +nf4 +")
        .doesNotContain("gguf  ");
    JsonNode json = json(directory);
    assertThat(json.get("known").asBoolean()).isFalse();
    assertThat(json.get("methods").get("bitsandbytes").get("applies").asBoolean()).isTrue();
    // 8,576 weights of linear layers in 8 bits, 6,464 others in 16.
    assertThat(size(json, "int8")).isEqualTo(8_576 + 2 * 6_464);
  }

  @Test
  void knowsModelsThatLlamaCppDoesNot() throws IOException {
    configure("{\"architectures\": [\"OPTForCausalLM\"], \"model_type\": \"opt\"}");

    assertThat(Program.run("check", directory.toString()).out())
        .contains("OPTForCausalLM, 15.0 K weights")
        .containsPattern("GGUF +no +llama.cpp has no architecture for OPTForCausalLM")
        .contains("quantize it with GPTQ or bitsandbytes")
        .containsPattern("GPTQ +yes +1 of 2 linear layers; the others have sides that 8 does not");
  }

  @Test
  void offersGptqOnlyForWhatCanBeRun() throws IOException {
    configure("{\"architectures\": [\"BertModel\"], \"model_type\": \"bert\"}");
    assertThat(Program.run("check", directory.toString()).out())
        .containsPattern("GPTQ +no +it needs a forward pass to calibrate with, which BertModel");

    configure(
        "{\"architectures\": [\"OPTForCausalLM\"], \"model_type\": \"opt\","
            + " \"activation_function\": \"of my own\"}");
    assertThat(Program.run("check", directory.toString()).out())
        .containsPattern("GPTQ +no +.*activation_function is 'of my own'");
  }

  @Test
  void refusesWhatIsQuantizedAlready() throws IOException {
    configure(
        "{\"architectures\": [\"LlamaForCausalLM\"], \"model_type\": \"llama\","
            + " \"quantization_config\": {\"quant_method\": \"awq\"}}");

    JsonNode methods = json(directory).get("methods");
    for (String method : List.of("gguf", "gptq", "bitsandbytes")) {
      assertThat(methods.get(method).get("applies").asBoolean()).as(method).isFalse();
      assertThat(methods.get(method).get("reason").asString()).as(method).contains("awq");
    }
  }

  @Test
  void getsAlongWithoutAClass() throws IOException {
    configure("{}");

    assertThat(Program.run("check", directory.toString()).out())
        .contains("no model class named, which is not known")
        .containsPattern("bitsandbytes +yes");
  }

  @Test
  void refusesAMissingModel() {
    Program run = Program.run("check", "./no-such-model");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).startsWith("error: ./no-such-model does not exist");
  }
}
