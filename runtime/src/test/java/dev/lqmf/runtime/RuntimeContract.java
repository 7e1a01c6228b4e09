package dev.lqmf.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every runtime must do. */
public abstract class RuntimeContract {
  private static final String PROMPT = "The kernel";
  private static final int TOKENS = 40;

  private final Runtime runtime;
  @TempDir protected Path directory;

  protected RuntimeContract(Runtime runtime) {
    this.runtime = runtime;
  }

  @Test
  void generatesWhatTransformersDoes() throws IOException {
    String expected = Files.readString(resource("greedy.txt"));

    List<String> pieces = generate(resource("LlamaForCausalLM.gguf"), PROMPT, greedy(false));

    assertThat(wellFormed(String.join("", pieces))).isEqualTo(wellFormed(expected));
  }

  @Test
  void keepsCharactersWhole() throws IOException {
    List<String> pieces = generate(resource("LlamaForCausalLM.gguf"), PROMPT, greedy(false));

    // Its three bytes are three tokens.
    assertThat(pieces).anySatisfy(piece -> assertThat(piece).contains("檬"));
  }

  @Test
  void theSameSeedGivesTheSameText() throws IOException {
    GenerationOptions options =
        GenerationOptions.GREEDY.withMaxTokens(20).withTemperature(1.5f).withSeed(7);
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      assertThat(generate(session, PROMPT, options)).isEqualTo(generate(session, PROMPT, options));
    }
  }

  @Test
  void stopsWhenCancelled() throws IOException {
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      List<String> pieces = new ArrayList<>();
      session.generate(
          PROMPT,
          greedy(false),
          piece -> {
            pieces.add(piece);
            session.cancel();
          });

      assertThat(pieces).hasSize(1);
      assertThat(generate(session, PROMPT, greedy(false))).hasSizeGreaterThan(1);
    }
  }

  @Test
  void anotherThreadCancels() throws Exception {
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      CountDownLatch begun = new CountDownLatch(1);
      AtomicInteger pieces = new AtomicInteger();
      Thread canceller =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      begun.await();
                    } catch (InterruptedException e) {
                      return;
                    }
                    session.cancel();
                  });
      session.generate(
          PROMPT,
          greedy(false).withMaxTokens(100),
          _ -> {
            pieces.incrementAndGet();
            begun.countDown();
            try {
              Thread.sleep(20);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      canceller.join();

      assertThat(pieces.get()).isLessThan(90);
      assertThat(generate(session, PROMPT, greedy(false))).hasSizeGreaterThan(1);
    }
  }

  @Test
  void twoThreadsTakeTurns() throws Exception {
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      String expected = String.join("", generate(session, PROMPT, greedy(false)));
      try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
        Callable<String> task = () -> String.join("", generate(session, PROMPT, greedy(false)));
        for (Future<String> text : executor.invokeAll(List.of(task, task))) {
          assertThat(text.get()).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void tellsWhatItTook() throws IOException {
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      Generation took = session.generate(PROMPT, greedy(false), _ -> {});

      assertThat(took.promptTokens()).isBetween(2, 30);
      // Some runtimes count pieces, and a character may take several tokens.
      assertThat(took.tokens()).isBetween(TOKENS * 3 / 4, TOKENS + 1);
      assertThat(took.total()).isGreaterThanOrEqualTo(took.toFirstText());
    }
  }

  @Test
  void asksThroughTheChatTemplate() throws IOException {
    Path model = withTemplate("{{ bos_token }}[Q]{{ messages[0]['content'] }}[A]");
    try (Session session = open(model)) {
      assertThat(session.hasChatTemplate()).isTrue();

      List<String> answer = generate(session, "Why is 🦉 or 🦆 up?", greedy(true));

      // The begin-of-sequence token appears once: it is prepended to the plain prompt too.
      assertThat(answer).isEqualTo(generate(session, "[Q]Why is 🦉 or 🦆 up?[A]", greedy(false)));
    }
  }

  @Test
  void withoutATemplateItContinuesTheText() throws IOException {
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      assertThat(session.hasChatTemplate()).isFalse();
      assertThat(generate(session, PROMPT, greedy(true)))
          .isEqualTo(generate(session, PROMPT, greedy(false)));
    }
  }

  @Test
  void theContextIsWhatTheModelWasTrainedWith() throws IOException {
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      assertThat(session.contextLength()).isEqualTo(128);
      assertThatThrownBy(() -> generate(session, "word ".repeat(200), greedy(false)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("the context only 128");
    }
  }

  @Test
  void refusesWhatIsNoGguf() throws IOException {
    Path text = Files.writeString(directory.resolve("model.gguf"), "not a model, but a text");

    assertThatThrownBy(() -> open(text))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(text.toString());
  }

  /**
   * Loads a model thirty times. What counts is this process, where the system tells: its threads,
   * native ones too, its memory, and its children.
   */
  protected final void loadThirtyTimes() throws IOException {
    Path model = resource("LlamaForCausalLM.gguf");
    for (int i = 0; i < 5; i++) { // what stays from the first loads is not a leak
      generate(model, PROMPT, greedy(false));
    }
    long threads = threads();
    long memory = residentKilobytes();

    for (int i = 0; i < 30; i++) {
      generate(model, PROMPT, greedy(false));
    }

    assertThat(threads()).isLessThanOrEqualTo(threads + 2);
    assertThat(residentKilobytes()).isLessThanOrEqualTo(memory + 64 * 1024);
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
  }

  private static long threads() throws IOException {
    Path tasks = Path.of("/proc/self/task");
    if (!Files.isDirectory(tasks)) {
      return Thread.activeCount();
    }
    try (Stream<Path> all = Files.list(tasks)) {
      return all.count();
    }
  }

  private static long residentKilobytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isRegularFile(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElse(0);
  }

  @Test
  void aClosedSessionGeneratesNothing() throws IOException {
    Session session = open(resource("LlamaForCausalLM.gguf"));
    session.close();
    session.close();

    assertThatThrownBy(() -> generate(session, PROMPT, greedy(false)))
        .isInstanceOf(IllegalStateException.class);
  }

  protected final Session open(Path model) throws IOException {
    return runtime.open(model, SessionOptions.DEFAULTS);
  }

  protected final List<String> generate(Path model, String prompt, GenerationOptions options)
      throws IOException {
    try (Session session = open(model)) {
      return generate(session, prompt, options);
    }
  }

  protected static List<String> generate(
      Session session, String prompt, GenerationOptions options) {
    List<String> pieces = new ArrayList<>();
    session.generate(prompt, options, pieces::add);
    return pieces;
  }

  protected static GenerationOptions greedy(boolean chat) {
    return GenerationOptions.GREEDY.withMaxTokens(TOKENS).withChat(chat);
  }

  /** Without U+FFFD: how many of them stand for malformed bytes is a matter of taste. */
  private static String wellFormed(String text) {
    return text.replace("\uFFFD", "");
  }

  protected static Path resource(String name) {
    try {
      return Path.of(RuntimeContract.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** The model with a chat template. */
  private Path withTemplate(String template) throws IOException {
    Path target = directory.resolve("chat.gguf");
    try (GgufFile source = GgufFile.open(resource("LlamaForCausalLM.gguf"));
        Arena arena = Arena.ofConfined()) {
      GgufMetadata metadata =
          source.metadata().toBuilder().putString("tokenizer.chat_template", template).build();
      try (GgufWriter writer = GgufWriter.create(target, metadata, source.tensors())) {
        for (int i = 0; i < source.tensors().size(); i++) {
          TensorInfo tensor = source.tensors().get(i);
          MemorySegment bytes = arena.allocate(tensor.byteSize());
          source.read(tensor, 0, bytes);
          writer.write(i, 0, bytes);
        }
        writer.commit();
      }
    }
    return target;
  }
}
