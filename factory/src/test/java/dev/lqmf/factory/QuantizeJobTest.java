package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import dev.lqmf.hub.DownloadProgress;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.TypeOverride;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizeJobTest {
  private static final Kernels KERNELS = new ScalarKernels();
  private static final Path EXAMPLE = Path.of("../examples/models/docs-llama-4m");

  @TempDir Path directory;
  private Path model;
  private Path root;

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyModel.write(directory.resolve("tiny-BF16.gguf"), TensorType.BF16, 2, 1);
    root = directory.resolve("results");
  }

  @Test
  void everyOutputIsADirectoryWithFilesRecipeAndSummaryAndNothingElseRemains() throws IOException {
    QuantizeReport report = run(request(GgufFileType.Q4_K_M, GgufFileType.Q8_0));

    assertThat(tree(root))
        .containsExactly(
            "tiny_gguf_Q4_K_M/recipe.json",
            "tiny_gguf_Q4_K_M/summary.json",
            "tiny_gguf_Q4_K_M/tiny-Q4_K_M.gguf",
            "tiny_gguf_Q8_0/recipe.json",
            "tiny_gguf_Q8_0/summary.json",
            "tiny_gguf_Q8_0/tiny-Q8_0.gguf");
    OutputReport output = report.outputs().getFirst();
    assertThat(Files.size(output.files().getFirst())).isEqualTo(output.fileBytes());
    assertThat(output.byType().keySet()).containsExactly("F32", "Q4_K", "Q6_K");
    assertThat(output.bitsPerWeight()).isBetween(4.5, 6.6);
    GgufRecipe recipe = Json.read(read(output.directory(), "recipe.json"), GgufRecipe.class);
    assertThat(recipe.hash()).isEqualTo(output.recipeHash());
    Summary summary = Json.read(read(output.directory(), "summary.json"), Summary.class);
    assertThat(summary.recipeHash()).isEqualTo(output.recipeHash());
    assertThat(summary.tensorTypes()).isEqualTo(output.byType());
  }

  @Test
  void bytesDependNeitherOnThreadsNorOnOtherOutputs() throws IOException {
    run(request(GgufFileType.Q4_K_M).threads(1));
    Path alone = Files.move(root, directory.resolve("alone"));
    run(request(GgufFileType.Q2_K, GgufFileType.Q4_K_M, GgufFileType.F16).threads(5));

    for (String file : List.of("tiny-Q4_K_M.gguf", "recipe.json")) {
      assertThat(root.resolve("tiny_gguf_Q4_K_M").resolve(file))
          .hasSameBinaryContentAs(alone.resolve("tiny_gguf_Q4_K_M").resolve(file));
    }
  }

  @Test
  void thePlanTellsExactlyWhatIsMade() throws IOException {
    List<JobEvent> events = Collections.synchronizedList(new ArrayList<>());
    QuantizeRequest request = request(GgufFileType.Q5_K_S).build();

    QuantizeReport report = new QuantizeJob(request, KERNELS).run(events::add);

    assertThat(events.getFirst()).isInstanceOf(JobEvent.Planned.class);
    OutputPlan plan = ((JobEvent.Planned) events.getFirst()).plan().outputs().getFirst();
    OutputReport output = report.outputs().getFirst();
    assertThat(plan.fileBytes()).isEqualTo(output.fileBytes());
    assertThat(plan.directory()).isEqualTo(output.directory());
    assertThat(plan.recipeHash()).isEqualTo(output.recipeHash());
    try (GgufFile file = GgufFile.open(output.files().getFirst())) {
      assertThat(file.tensors())
          .extracting(TensorInfo::name, t -> t.type().name())
          .isEqualTo(plan.tensors().stream().map(t -> tuple(t.name(), t.to())).toList());
    }
    assertThat(events.get(events.size() - 3))
        .isInstanceOfSatisfying(
            JobEvent.Quantizing.class,
            q ->
                assertThat(q.bytesDone()).isEqualTo(q.bytesTotal()).isEqualTo(report.inputBytes()));
    assertThat(events.get(events.size() - 2)).isEqualTo(new JobEvent.OutputFinished(output));
    assertThat(events.getLast()).isEqualTo(new JobEvent.Finished(report));
  }

  @Test
  void aPatternThatMatchesNoTensorIsNoted() throws IOException {
    MixOptions slip =
        new MixOptions(
            List.of(TypeOverride.parse("attn_v=Q8_0"), TypeOverride.parse("ffn_dwon=Q8_0")),
            Optional.empty(),
            Optional.empty(),
            false,
            false,
            false);

    List<JobEvent> events = new ArrayList<>();
    new QuantizeJob(request(GgufFileType.Q4_K_M).mix(slip).build(), KERNELS).run(events::add);

    assertThat(events)
        .filteredOn(JobEvent.Planned.class::isInstance)
        .singleElement()
        .satisfies(
            e ->
                assertThat(((JobEvent.Planned) e).plan().notes())
                    .containsOnlyOnce("--tensor-type 'ffn_dwon' matches no tensor of tiny")
                    .noneSatisfy(note -> assertThat(note).contains("attn_v")));
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    QuantizeReport report = run(request(GgufFileType.Q4_K_M).dryRun(true));

    assertThat(report.outputs()).isEmpty();
    assertThat(root).doesNotExist();
  }

  @Test
  void aFinishedResultIsRecognizedUnlessForced() throws IOException {
    Path file = run(request(GgufFileType.Q8_0)).outputs().getFirst().files().getFirst();
    Object made = Files.readAttributes(file, "unix:ino");

    QuantizeReport again = run(request(GgufFileType.Q8_0).threads(3));

    assertThat(again.outputs().getFirst().reused()).isTrue();
    assertThat((Object) Files.readAttributes(file, "unix:ino")).isEqualTo(made);

    QuantizeReport forced = run(request(GgufFileType.Q8_0).force(true));

    assertThat(forced.outputs().getFirst().reused()).isFalse();
    assertThat((Object) Files.readAttributes(file, "unix:ino")).isNotEqualTo(made);
    assertThat(tree(root)).hasSize(3);
  }

  @Test
  void aDamagedResultIsMadeAgain() throws IOException {
    Path file = run(request(GgufFileType.Q8_0)).outputs().getFirst().files().getFirst();
    byte[] bytes = Files.readAllBytes(file);
    try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
      cut.setLength(bytes.length - 1);
    }

    QuantizeReport again = run(request(GgufFileType.Q8_0));

    assertThat(again.outputs().getFirst().reused()).isFalse();
    assertThat(file).hasBinaryContent(bytes);
  }

  @Test
  void aResultOfAnotherRecipeIsReplacedOnlyByForce() throws IOException {
    Path file = run(request(GgufFileType.Q4_K_M)).outputs().getFirst().files().getFirst();
    byte[] mixed = Files.readAllBytes(file);
    MixOptions pure =
        new MixOptions(List.of(), Optional.empty(), Optional.empty(), true, false, false);

    assertThatThrownBy(() -> run(request(GgufFileType.Q4_K_M).mix(pure)))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e).hasMessageContaining("tiny_gguf_Q4_K_M");
              assertThat(e.mend()).contains("--force");
            });
    assertThat(file).hasBinaryContent(mixed);

    run(request(GgufFileType.Q4_K_M).mix(pure).force(true));
    assertThat(Files.readAllBytes(file)).isNotEqualTo(mixed);
    assertThat(tree(root)).hasSize(3);
  }

  @Test
  void whatLqmfDidNotMakeIsNeverReplaced() throws IOException {
    Path mine = Files.createDirectories(root.resolve("tiny_gguf_Q8_0")).resolve("thesis.txt");
    Files.writeString(mine, "years of work");

    assertThatThrownBy(() -> run(request(GgufFileType.Q8_0).force(true)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tiny_gguf_Q8_0");
    assertThat(mine).hasContent("years of work");
  }

  @Test
  void anOutputRootThatIsAFileIsRefused() throws IOException {
    Files.writeString(root, "not a directory");

    assertThatThrownBy(() -> run(request(GgufFileType.Q8_0)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is a file, not a directory");
    assertThat(root).hasContent("not a directory");
  }

  @Test
  void twoRunsCannotMakeTheSameResultAtOnce() throws IOException {
    try (ResultDirectory other = ResultDirectory.open(root.resolve("tiny_gguf_Q8_0"))) {
      assertThat(other.partial()).doesNotExist();
      assertThatThrownBy(() -> run(request(GgufFileType.F16, GgufFileType.Q8_0)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("another run is making");
    }
    assertThat(tree(root)).isEmpty();

    run(request(GgufFileType.Q8_0));
    assertThat(tree(root)).hasSize(3);
  }

  @Test
  void debrisOfAKilledRunIsCleared() throws IOException {
    Path partial = Files.createDirectories(root.resolve(".tiny_gguf_Q8_0.partial"));
    Files.write(partial.resolve("tiny-Q8_0.gguf"), new byte[100]);
    Files.write(root.resolve(".tiny_gguf_Q8_0.lock"), new byte[7]);

    run(request(GgufFileType.Q8_0));

    assertThat(tree(root)).hasSize(3).noneMatch(f -> f.startsWith("."));

    Files.createDirectories(partial);
    assertThat(run(request(GgufFileType.Q8_0)).outputs().getFirst().reused()).isTrue();
    assertThat(partial).doesNotExist();
  }

  @Test
  void aResultWhoseReplacementWasKilledBetweenTwoRenamesIsRestored() throws IOException {
    run(request(GgufFileType.Q8_0));
    Path old = root.resolve(".tiny_gguf_Q8_0.old");
    Files.move(root.resolve("tiny_gguf_Q8_0"), old);

    ResultDirectory.open(root.resolve("tiny_gguf_Q8_0")).close();

    assertThat(old).doesNotExist();
    assertThat(run(request(GgufFileType.Q8_0)).outputs().getFirst().reused()).isTrue();
  }

  @Test
  void quantizedInputNeedsConsent() throws IOException {
    model = TinyModel.write(directory.resolve("tiny-Q8_0.gguf"), TensorType.Q8_0, 2, 1);

    assertThatThrownBy(() -> run(request(GgufFileType.Q4_K_M)))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e).hasMessageContainingAll("tiny-Q8_0.gguf", "output.weight", "Q8_0");
              assertThat(e.mend()).contains("--allow-requantize");
            });
    assertThat(root).doesNotExist();

    MixOptions consent =
        new MixOptions(List.of(), Optional.empty(), Optional.empty(), false, false, true);
    run(request(GgufFileType.Q4_K_M).mix(consent));
    assertThat(tree(root)).hasSize(3);
    // What is Q8_0 already is copied.
    run(request(GgufFileType.Q8_0));
  }

  @Test
  void aWeightThatIsNotANumberIsRefusedAndNothingRemains() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
      file.seek(file.length() - 2);
      file.write(new byte[] {(byte) 0xC0, 0x7F});
    }

    Throwable failure = catchThrowable(() -> run(request(GgufFileType.Q4_K_M, GgufFileType.F16)));

    assertThat(failure)
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("output.weight", "tiny-BF16.gguf", "NaN", "[95, 255]");
    assertThat(tree(root)).isEmpty();
  }

  @Test
  void aMixThatNeedsImportanceSaysSo() {
    assertThatThrownBy(() -> run(request(GgufFileType.Q2_K_S)))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e).hasMessageContainingAll("Q2_K_S", "blk.0.attn_k.weight");
              assertThat(e.mend()).contains("--imatrix");
            });
  }

  @Test
  void aCancelledJobCleansUp() {
    List<JobEvent> events = new ArrayList<>();
    QuantizeJob job = new QuantizeJob(request(GgufFileType.Q4_K_M).build(), KERNELS);

    assertThatThrownBy(
            () ->
                job.run(
                    e -> {
                      events.add(e);
                      if (e instanceof JobEvent.Quantizing) {
                        job.cancel();
                      }
                    }))
        .isInstanceOf(CancellationException.class);

    assertThat(events.getLast()).isInstanceOf(JobEvent.Failed.class);
    assertThat(tree(root)).isEmpty();
  }

  @Test
  void aListenerThatThrowsEndsTheJobAndNothingRemains() {
    IllegalStateException failure = new IllegalStateException("the terminal is gone");

    assertThatThrownBy(
            () ->
                run(
                    request(GgufFileType.Q4_K_M),
                    e -> {
                      if (e instanceof JobEvent.Quantizing) {
                        throw failure;
                      }
                    }))
        .isSameAs(failure);
    assertThat(tree(root)).isEmpty();
  }

  @Test
  void aVanishingInputIsNamed() {
    assertThatThrownBy(
            () ->
                run(
                    request(GgufFileType.Q4_K_M),
                    e -> {
                      if (e instanceof JobEvent.Planned) {
                        truncate(model, 4096);
                      }
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tiny-BF16.gguf");
    assertThat(tree(root)).isEmpty();
  }

  @Test
  void aModelOfTheHubIsDownloaded() throws IOException {
    List<JobEvent> events = new ArrayList<>();
    QuantizeRequest request =
        QuantizeRequest.of("some/Docs-Llama@v1", List.of(GgufFileType.Q8_0))
            .outputRoot(root)
            .build();

    QuantizeReport report =
        new QuantizeJob(
                request,
                KERNELS,
                (id, listener) -> {
                  assertThat(id.repository()).isEqualTo("some/Docs-Llama");
                  assertThat(id.revision()).isEqualTo("v1");
                  listener.progressed(new DownloadProgress("config.json", 5, 7, 5, 9));
                  return EXAMPLE;
                })
            .run(events::add);

    assertThat(events.getFirst()).isEqualTo(new JobEvent.Downloading("config.json", 5, 7));
    assertThat(report.model()).isEqualTo("Docs-Llama");
    assertThat(report.outputs().getFirst().directory().getFileName())
        .hasToString("Docs-Llama_gguf_Q8_0");
  }

  @Test
  void cancellingEndsADownload() throws InterruptedException {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    QuantizeJob job =
        new QuantizeJob(
            QuantizeRequest.of("some/model", List.of(GgufFileType.Q8_0)).build(),
            KERNELS,
            (_, _) -> {
              waiting.countDown();
              never.await();
              return EXAMPLE;
            });
    Thread canceller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    waiting.await();
                    job.cancel();
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                });

    assertThatThrownBy(() -> job.run(_ -> {})).isInstanceOf(CancellationException.class);

    assertThat(Thread.interrupted()).as("interrupt status").isFalse();
    canceller.join();
  }

  @Test
  void aPathThatDoesNotExistIsNotLookedForOnTheHub() {
    for (String path : List.of("./model", "model.gguf", "/a/b", "~/model", "models/a/")) {
      QuantizeJob job =
          new QuantizeJob(
              QuantizeRequest.of(path, List.of(GgufFileType.Q8_0)).build(),
              KERNELS,
              (id, _) -> {
                throw new AssertionError(id);
              });
      assertThatThrownBy(() -> job.run(_ -> {}))
          .isInstanceOf(InputException.class)
          .hasMessageContainingAll(path, "does not exist");
    }
  }

  @Test
  void aResultDirectoryCanBeQuantizedAgain() throws IOException {
    Path result = run(request(GgufFileType.BF16)).outputs().getFirst().directory();

    QuantizeReport report =
        run(QuantizeRequest.of(result.toString(), List.of(GgufFileType.Q8_0)).outputRoot(root));

    assertThat(report.model()).isEqualTo("tiny");
  }

  private QuantizeRequest.GgufBuilder request(GgufFileType... types) {
    return QuantizeRequest.of(model.toString(), List.of(types)).outputRoot(root);
  }

  private static QuantizeReport run(QuantizeRequest.GgufBuilder request) throws IOException {
    return run(request, _ -> {});
  }

  private static QuantizeReport run(
      QuantizeRequest.GgufBuilder request, Consumer<JobEvent> listener) throws IOException {
    return new QuantizeJob(request.build(), KERNELS).run(listener);
  }

  private static String read(Path directory, String file) throws IOException {
    return Files.readString(directory.resolve(file));
  }

  private static void truncate(Path file, long length) {
    try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
      cut.setLength(length);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** All files, hidden ones too. */
  private static List<String> tree(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .map(f -> root.relativize(f).toString().replace('\\', '/'))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
