package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InspectCommandTest {
  @TempDir Path directory;
  private Path model;

  /** Three layers, the last of which has one tensor of another type. */
  @BeforeEach
  void writeModel() throws IOException {
    GgufMetadata metadata =
        GgufMetadata.builder()
            .putString("general.architecture", "llama")
            .putString("general.name", "two\nlines \u001b[31m")
            .putU32("general.file_type", 15)
            .putString("tokenizer.chat_template", "{% for m in messages %}".repeat(20))
            .putStrings(
                "tokenizer.ggml.tokens",
                IntStream.range(0, 1000).mapToObj(i -> "token" + i).toList())
            .build();
    List<TensorInfo> tensors = new ArrayList<>();
    tensors.add(new TensorInfo("output_norm.weight", TensorType.F32, Shape.of(256)));
    for (int i = 0; i < 3; i++) {
      TensorType type = i == 2 ? TensorType.Q6_K : TensorType.Q4_K;
      tensors.add(new TensorInfo("blk." + i + ".ffn_down.weight", type, Shape.of(512, 256)));
    }
    model = directory.resolve("model.gguf");
    try (GgufWriter writer = GgufWriter.create(model, metadata, tensors)) {
      for (int i = 0; i < tensors.size(); i++) {
        writer.write(i, 0, MemorySegment.ofArray(new byte[(int) tensors.get(i).byteSize()]));
      }
      writer.commit();
    }
  }

  @Test
  void summarizesAGguf() {
    Program run = Program.run("inspect", model.toString());

    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("GGUF version 3", "4 tensors, 393 K weights, 5.20 bits per weight")
        .containsPattern("general.file_type +u32 +15 \\(Q4_K_M\\)\n")
        .containsPattern("Q4_K +4.50 +2 +262 K +147 kB +57.6 %\n")
        .containsPattern("blk.\\*.ffn_down.weight +3 +512 × 256 +Q4_K 2, Q6_K 1 +255 kB\n");
  }

  @Test
  void abbreviatesWhatIsLong() {
    String shortForm = Program.run("inspect", model.toString()).out();
    String fullForm = Program.run("inspect", model.toString(), "--metadata").out();

    assertThat(shortForm).contains("token5, token6, … 1000 in all]").doesNotContain("token8");
    assertThat(shortForm.lines()).allSatisfy(l -> assertThat(l).hasSizeLessThan(120));
    assertThat(fullForm).contains("token999]").contains("{% for m in messages %}".repeat(20));
  }

  @Test
  void listsEveryTensorOnDemand() {
    String out = Program.run("inspect", model.toString(), "--tensors").out();

    assertThat(out)
        .containsPattern("blk.0.ffn_down.weight +512 × 256 +Q4_K +73.7 kB\n")
        .containsPattern("blk.2.ffn_down.weight +512 × 256 +Q6_K +108 kB\n");
  }

  @Test
  void textsFromTheFileCannotSteerTheTerminal() {
    assertThat(Program.run("inspect", model.toString()).out())
        .contains("two\\nlines \\u001b[31m")
        .doesNotContain("\u001b");
  }

  @Test
  void printsOneJsonObject() {
    Program run = Program.run("inspect", model.toString(), "--json");
    JsonNode json = JsonMapper.shared().readTree(run.out());

    assertThat(json.get("metadata").get("general.name").asString())
        .isEqualTo("two\nlines \u001b[31m");
    assertThat(json.get("metadata").get("tokenizer.ggml.tokens").get("length").asInt())
        .isEqualTo(1000);
    assertThat(json.get("tensors").size()).isEqualTo(4);
    assertThat(json.get("tensors").get(1).get("shape").toString()).isEqualTo("[512,256]");
    assertThat(json.get("elements").asLong()).isEqualTo(3 * 512 * 256 + 256);
  }

  @Test
  void jsonHoldsWholeArraysOnDemand() {
    Program run = Program.run("inspect", model.toString(), "--json", "--metadata");

    JsonNode tokens =
        JsonMapper.shared().readTree(run.out()).get("metadata").get("tokenizer.ggml.tokens");
    assertThat(tokens.size()).isEqualTo(1000);
    assertThat(tokens.get(999).asString()).isEqualTo("token999");
  }

  @Test
  void summarizesACheckpoint() {
    Program run = Program.run("inspect", Program.EXAMPLE.toString());

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("checkpoint, 7.35 MB, 38 tensors, 3.67 M weights, 16.00 bits per weight")
        .containsPattern("architectures +\\[LlamaForCausalLM\\]\n")
        .containsPattern("rope_parameters.rope_theta +10000.0\n")
        .containsPattern("model.layers.\\*.mlp.up_proj.weight +4 +768 × 256 +BF16");
  }

  @Test
  void summarizesASafetensorsFile() {
    Program run = Program.run("inspect", Program.EXAMPLE.resolve("model.safetensors").toString());

    assertThat(run.out()).contains("safetensors, 7.35 MB, 38 tensors");
  }

  @Test
  void findsTheGgufInAResultDirectory() {
    assertThat(Program.run("inspect", directory.toString()).out()).contains("model.gguf");
  }

  @Test
  void asksWhichOfSeveralIsMeant() throws IOException {
    Files.copy(model, directory.resolve("other.gguf"));

    Program run = Program.run("inspect", directory.toString());

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("holds 2 models", "  → name one: model.gguf, other.gguf");
  }

  @Test
  void refusesOtherFiles() throws IOException {
    Path text = Files.writeString(directory.resolve("notes.txt"), "no model");

    Program run = Program.run("inspect", text.toString());

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).startsWith("error: " + text + " is neither GGUF, nor safetensors");
  }

  @Test
  void refusesAConfigThatIsNoJson() throws IOException {
    Path checkpoint = Files.createDirectory(directory.resolve("checkpoint"));
    Files.copy(
        Program.EXAMPLE.resolve("model.safetensors"), checkpoint.resolve("model.safetensors"));
    Files.writeString(checkpoint.resolve("config.json"), "{\"hidden_size\": }");

    Program run = Program.run("inspect", checkpoint.toString());

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("error: " + checkpoint.resolve("config.json") + " is not valid JSON: ");
  }

  /** Effective bits: scales, their scales and the rest count as part of the matrix. */
  @Test
  void showsABitsAndBytesCheckpointAsTheModelItIs(@TempDir Path results) throws IOException {
    Program made =
        Program.run(
            "quantize",
            "../examples/models/docs-llama-4m",
            "--method",
            "bnb",
            "--no-test",
            "-o",
            results.toString());
    assertThat(made.status()).isZero();
    assertThat(made.out()).contains("docs-llama-4m_bnb_4bit").containsPattern("NF4 +28 ");

    Program run = Program.run("inspect", results.resolve("docs-llama-4m_bnb_4bit").toString());

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("bitsandbytes checkpoint, ")
        .contains("38 tensors, ")
        .containsPattern("NF4 +4\\.[12]\\d* +28 ")
        .contains("model.layers.*.mlp.down_proj.weight")
        .doesNotContain("absmax");
  }

  /** What GPTQModel stores of a module shows as the matrix that it is. */
  @Test
  void modulesOfGptqAreOneTensorEach() {
    Path gptq =
        Path.of("..", "torch", "src", "test", "resources", "dev", "lqmf", "torch", "gptq")
            .resolve("docs-llama-4m-gptq");

    Program run = Program.run("inspect", gptq.toString());

    assertThat(run.out())
        .contains("GPTQ checkpoint, 4 bits, groups of 128, ")
        .containsPattern("GPTQ 4-bit +4\\.\\d+ +28 ")
        .containsPattern("mlp\\.gate_proj\\.weight +4 +768 × 256 +GPTQ 4-bit")
        .doesNotContain("qweight", "qzeros", "g_idx");
  }
}
