package dev.lqmf.factory.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.doctor.Finding.Severity;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.bnb.FourBitFormat;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufWriter;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DoctorTest {
  private static final Path EXAMPLE = Path.of("../examples/models/docs-llama-4m");

  /** Written by GPTQModel; its README is beside it. */
  private static final Path GPTQ_FILES =
      Path.of("../torch/src/test/resources/dev/lqmf/torch/gptq/docs-llama-4m-gptq");

  @TempDir static Path shared;
  private static Path gguf;
  private static Path gptq;
  @TempDir Path directory;

  @BeforeAll
  static void quantize() throws IOException {
    new QuantizeJob(
            QuantizeRequest.of(EXAMPLE.toString(), List.of(GgufFileType.Q4_K_M))
                .outputRoot(shared)
                .build(),
            new ScalarKernels())
        .run(_ -> {});
    gptq = Files.createDirectory(shared.resolve("gptq"));
    for (String name : List.of("config.json", "quantize_config.json", "model.safetensors")) {
      Files.copy(GPTQ_FILES.resolve(name), gptq.resolve(name));
    }
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(EXAMPLE.resolve(name), gptq.resolve(name));
    }
    gguf = shared.resolve("docs-llama-4m_gguf_Q4_K_M/docs-llama-4m-Q4_K_M.gguf");
  }

  @Test
  void blocksBeyondTheConfigurationAreFound() throws IOException {
    Path model = Files.createDirectory(directory.resolve("model"));
    for (String name : List.of("model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(EXAMPLE.resolve(name), model.resolve(name));
    }
    String config = Files.readString(EXAMPLE.resolve("config.json"));
    Files.writeString(
        model.resolve("config.json"),
        config.replace("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3"));

    Diagnosis diagnosis = examine(model);

    assertThat(diagnosis.health()).isEqualTo(Health.BROKEN);
    assertThat(diagnosis.findings())
        .filteredOn(f -> f.severity() == Severity.BROKEN)
        .singleElement()
        .satisfies(f -> assertThat(f.text()).contains("3 blocks", "model.layers.3."));
  }

  @ParameterizedTest
  @EnumSource(names = {"U8", "BF16"})
  void bitsandbytesCheckpointsAreHealthyHoweverTheirCodesAreStored(TensorType storage)
      throws IOException {
    BnbOptions options = new BnbOptions(4, FourBitFormat.NF4, 64, true, storage, List.of());
    Path made =
        new QuantizeJob(
                QuantizeRequest.of(EXAMPLE.toString(), new BnbMethod(options))
                    .outputRoot(directory)
                    .build(),
                new ScalarKernels())
            .run(_ -> {})
            .outputs()
            .getFirst()
            .directory();

    Diagnosis diagnosis = examine(made);

    assertThat(diagnosis.findings()).allMatch(f -> f.severity() == Severity.OK);
  }

  @Test
  void soundModelsAreHealthy() throws IOException {
    for (Path model : List.of(gguf, EXAMPLE, gptq, Path.of("../examples/models/docs-gpt2-4m"))) {
      Diagnosis diagnosis = examine(model);

      assertThat(diagnosis.findings()).allMatch(f -> f.severity() == Severity.OK);
      assertThat(diagnosis.health()).isEqualTo(Health.HEALTHY);
      assertThat(diagnosis.findings())
          .extracting(Finding::check)
          .contains("numbers", "model", "tokenizer");
    }
  }

  @Test
  void aTruncatedFileIsBroken() throws IOException {
    byte[] bytes = Files.readAllBytes(gguf);
    Path cut = directory.resolve("cut.gguf");
    Files.write(cut, java.util.Arrays.copyOf(bytes, bytes.length - 1000));

    assertBroken(examine(cut), "structure", cut.toString());
  }

  @Test
  void aScaleThatIsNoNumberIsNamed() throws IOException {
    Path bad =
        ggufWith(
            b -> b,
            (tensor, bytes) -> {
              if (tensor.name().equals("blk.2.ffn_up.weight")) {
                // The second block's scale: a float16 NaN.
                bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, 144, (short) 0x7e00);
              }
            });

    assertBroken(examine(bad), "numbers", "blk.2.ffn_up.weight (Q4_K) has a scale");
    assertThat(examine(bad).findings()).anyMatch(f -> f.text().contains("element 256"));
  }

  @Test
  void specialTokensThatDoNotExistAreNamed() throws IOException {
    Path bad = ggufWith(b -> b.putU32("tokenizer.ggml.eos_token_id", 2048), (_, _) -> {});

    assertBroken(examine(bad), "tokenizer", "eos_token_id is 2048, but there are only 2048");
  }

  @Test
  void aTemplateThatIsNoneIsBroken() throws IOException {
    Path bad =
        ggufWith(
            b -> b.putString("tokenizer.chat_template", "{% for m in messages %}"), (_, _) -> {});

    assertBroken(examine(bad), "chat template", "changed.gguf");
  }

  @Test
  void aContradictingConfigurationIsBroken() throws IOException {
    Path model = copyOf(EXAMPLE);
    replace(
        model.resolve("config.json"), "\"intermediate_size\": 768", "\"intermediate_size\": 769");
    assertThat(Files.readString(model.resolve("config.json"))).contains("769");

    assertBroken(examine(model), "model", "the configuration asks for");
  }

  @Test
  void aMissingTokenizerIsBroken() throws IOException {
    Path model = copyOf(EXAMPLE);
    Files.delete(model.resolve("tokenizer.json"));

    assertBroken(examine(model), "tokenizer", "has no tokenizer.json");
  }

  @Test
  void missingMetadataIsMended() throws IOException {
    Path bad =
        ggufWith(
            b -> b.remove("general.file_type").remove("general.quantization_version"),
            (_, _) -> {});
    Diagnosis diagnosis = examine(bad);
    assertThat(diagnosis.health()).isEqualTo(Health.REPAIRABLE);

    Path mended = directory.resolve("mended.gguf");
    MendedCopy.write(diagnosis, mended);

    assertThat(examine(mended).health()).isEqualTo(Health.HEALTHY);
    try (GgufFile file = GgufFile.open(mended);
        GgufFile original = GgufFile.open(gguf)) {
      assertThat(file.metadata().integer("general.quantization_version")).hasValue(2);
      // As llama.cpp guesses from what most weights are.
      assertThat(file.metadata().integer("general.file_type")).hasValue(GgufFileType.Q4_K_M.id());
      assertThat(bytes(file)).isEqualTo(bytes(original));
    }
  }

  @Test
  void aWrongLabelOfZeroPointsIsMended() throws IOException {
    Path model = copyOf(gptq);
    for (String name : List.of("config.json", "quantize_config.json")) {
      Path file = model.resolve(name);
      replace(file, "\"checkpoint_format\": \"gptq\"", "\"checkpoint_format\": \"gptq_v2\"");
      assertThat(Files.readString(file)).contains("gptq_v2");
    }
    Diagnosis diagnosis = examine(model);
    assertThat(diagnosis.health()).isEqualTo(Health.REPAIRABLE);
    assertThat(diagnosis.findings())
        .anyMatch(f -> f.text().contains("says gptq_v2, but the zero points are those of gptq"));

    Path mended = directory.resolve("mended");
    MendedCopy.write(diagnosis, mended);

    assertThat(examine(mended).health()).isEqualTo(Health.HEALTHY);
    assertThat(Files.readString(mended.resolve("quantize_config.json")))
        .contains("\"checkpoint_format\" : \"gptq\"");
    assertThat(Files.readString(model.resolve("config.json"))).contains("gptq_v2");
  }

  @Test
  void aMissingDescriptionIsMended() throws IOException {
    Path model = copyOf(gptq);
    Files.delete(model.resolve("quantize_config.json"));
    Diagnosis diagnosis = examine(model);
    assertThat(diagnosis.health()).isEqualTo(Health.REPAIRABLE);

    Path mended = directory.resolve("mended");
    MendedCopy.write(diagnosis, mended);

    assertThat(examine(mended).health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void weightsThatTransformersWouldRefuseAreMended() throws IOException {
    Path model = copyOf(EXAMPLE);
    Path weights = model.resolve("model.safetensors");
    Path plain = directory.resolve("plain.safetensors");
    try (SafetensorsFile source = SafetensorsFile.open(weights);
        SafetensorsWriter writer = SafetensorsWriter.create(plain, Map.of(), source.tensors())) {
      copy(source, writer, (_, _) -> {});
      writer.commit();
    }
    Files.move(plain, weights, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Diagnosis diagnosis = examine(model);
    assertThat(diagnosis.health()).isEqualTo(Health.REPAIRABLE);

    Path mended = directory.resolve("mended");
    MendedCopy.write(diagnosis, mended);

    assertThat(examine(mended).health()).isEqualTo(Health.HEALTHY);
    try (SafetensorsFile file = SafetensorsFile.open(mended.resolve("model.safetensors"));
        SafetensorsFile original = SafetensorsFile.open(weights)) {
      assertThat(file.fileMetadata()).containsEntry("format", "pt");
      assertThat(bytes(file)).isEqualTo(bytes(original));
    }
  }

  @Test
  void nothingIsOverwrittenAndNothingMendedWithoutNeed() throws IOException {
    Diagnosis healthy = examine(gguf);

    assertThatThrownBy(() -> MendedCopy.write(healthy, directory.resolve("new.gguf")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("nothing");
    assertThatThrownBy(() -> MendedCopy.write(healthy, gguf))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("exists already");
  }

  @Test
  void aDamagedTensorStandsOutAgainstTheOriginal() throws IOException {
    Path bad =
        ggufWith(
            b -> b,
            (tensor, bytes) -> {
              if (tensor.name().equals("blk.1.attn_output.weight")) {
                for (long at = 16; at < bytes.byteSize(); at += 144) {
                  bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, at, 0x123456789abcdefL);
                }
              }
            });

    Comparison comparison = Doctor.examine(bad, Optional.of(EXAMPLE), _ -> {}).comparison().get();

    assertThat(comparison.outliers())
        .extracting(Comparison.TensorError::name)
        .containsExactly("model.layers.1.self_attn.o_proj.weight");
    Comparison sound = Doctor.examine(gguf, Optional.of(EXAMPLE), _ -> {}).comparison().get();
    assertThat(sound.outliers()).isEmpty();
    assertThat(sound.tensors()).hasSize(38);
  }

  @Test
  void modelsOfOtherShapesAreNotCompared() {
    assertThatThrownBy(() -> Doctor.examine(gguf, Optional.of(GPT2), _ -> {}).comparison().get())
        .satisfies(
            e ->
                assertThat(e)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(GPT2.toString()));
  }

  private static final Path GPT2 = Path.of("../examples/models/docs-gpt2-4m");

  private static Diagnosis examine(Path model) throws IOException {
    return Doctor.examine(model, Optional.empty(), _ -> {});
  }

  private static void assertBroken(Diagnosis diagnosis, String check, String text) {
    assertThat(diagnosis.health()).isEqualTo(Health.BROKEN);
    assertThat(diagnosis.findings())
        .anySatisfy(
            f -> {
              assertThat(f.severity()).isEqualTo(Severity.BROKEN);
              assertThat(f.check()).isEqualTo(check);
              assertThat(f.text()).contains(text);
            });
  }

  /** What is done to a tensor's bytes. */
  private interface Damage {
    void to(TensorInfo tensor, MemorySegment bytes);
  }

  private Path ggufWith(UnaryOperator<GgufMetadata.Builder> change, Damage damage)
      throws IOException {
    Path target = directory.resolve("changed.gguf");
    try (GgufFile source = GgufFile.open(gguf);
        GgufWriter writer =
            GgufWriter.create(
                target, change.apply(source.metadata().toBuilder()).build(), source.tensors())) {
      copy(source, writer, damage);
      writer.commit();
    }
    return target;
  }

  private static void copy(TensorSource source, dev.lqmf.tensor.TensorSink sink, Damage damage)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      for (int i = 0; i < source.tensors().size(); i++) {
        TensorInfo tensor = source.tensors().get(i);
        MemorySegment bytes = arena.allocate(tensor.byteSize(), 8);
        source.read(tensor, 0, bytes);
        damage.to(tensor, bytes);
        sink.write(i, 0, bytes);
      }
    }
  }

  private static List<ByteBuffer> bytes(TensorSource source) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      List<ByteBuffer> all = new java.util.ArrayList<>();
      for (TensorInfo tensor : source.tensors()) {
        MemorySegment bytes = arena.allocate(tensor.byteSize(), 8);
        source.read(tensor, 0, bytes);
        all.add(ByteBuffer.wrap(bytes.toArray(ValueLayout.JAVA_BYTE)));
      }
      return all;
    }
  }

  private Path copyOf(Path model) throws IOException {
    Path copy = Files.createDirectory(directory.resolve("model"));
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static void replace(Path file, String what, String by) throws IOException {
    Files.writeString(file, Files.readString(file).replace(what, by));
  }
}
