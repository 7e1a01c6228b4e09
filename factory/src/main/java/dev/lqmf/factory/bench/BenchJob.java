package dev.lqmf.factory.bench;

import dev.lqmf.factory.InputResolver;
import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.ModelLocation;
import dev.lqmf.factory.eval.EvalEvent;
import dev.lqmf.factory.eval.EvalJob;
import dev.lqmf.factory.eval.EvalReport;
import dev.lqmf.factory.eval.EvalRequest;
import dev.lqmf.factory.eval.Protocol;
import dev.lqmf.factory.plan.MemoryModel;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Compares variants of a model. Every cell of the matrix of models and measurements is stored as
 * soon as it is known; one that fails leaves the others.
 */
public final class BenchJob {
  /** The baseline runs once for so many others; a killed run loses what these had computed. */
  private static final int MODELS_AT_ONCE = 4;

  private final BenchRequest request;
  private final ModelDownload download;
  private final BenchStore store;
  private final Consumer<BenchEvent> listener;
  private final List<Variant> variants = new ArrayList<>();
  private List<ChoiceQuestion> questions = List.of();
  private List<Prompt> prompts = List.of();
  private OptionalInt baseline = OptionalInt.empty();
  private final Object lock = new Object();
  private @Nullable Thread runner;
  private @Nullable WorkerRun open;
  private volatile boolean cancelled;
  private boolean stores = true;
  private int missing;
  private int measured;

  /**
   * A job.
   *
   * @param listener is told what happens
   */
  public BenchJob(
      BenchRequest request,
      ModelDownload download,
      BenchStore store,
      Consumer<BenchEvent> listener) {
    this.request = request;
    this.download = download;
    this.store = store;
    this.listener = listener;
  }

  /** A model and its cells. */
  private static final class Variant {
    private final String input;
    private final ModelLocation location;
    private final String identity;
    private final Map<Measurement, BenchKey> keys = new EnumMap<>(Measurement.class);
    private final Map<Measurement, Measured> results = new EnumMap<>(Measurement.class);
    private final Map<Measurement, Measured> earlier = new EnumMap<>(Measurement.class);
    private final Map<Measurement, String> failures = new EnumMap<>(Measurement.class);

    Variant(String input, ModelLocation location, String identity) {
      this.input = input;
      this.location = location;
      this.identity = identity;
    }

    boolean lacks(Measurement measurement) {
      return keys.containsKey(measurement)
          && !results.containsKey(measurement)
          && !failures.containsKey(measurement);
    }

    <T extends Measured> Optional<T> result(Measurement measurement, Class<T> type) {
      return Optional.ofNullable(results.get(measurement)).map(type::cast);
    }
  }

  /**
   * Runs it, once.
   *
   * @throws InputException if a model, the text, questions or prompts cannot be used
   * @throws IOException if a file cannot be read or stored
   * @throws CancellationException after {@link #cancel()}
   */
  public BenchReport run() throws IOException {
    synchronized (lock) {
      runner = Thread.currentThread();
    }
    try {
      checkCancelled();
      return measure();
    } catch (IOException | RuntimeException e) {
      checkCancelled(); // else it would be said to have failed
      throw e;
    } finally {
      synchronized (lock) {
        runner = null;
        if (cancelled) {
          var _ = Thread.interrupted(); // it has served its purpose
        }
      }
    }
  }

  /**
   * Ends it; may be called from any thread. What is measured stays, and the next run goes on there.
   */
  public void cancel() {
    synchronized (lock) {
      cancelled = true;
      if (open != null) {
        open.close();
      }
      if (runner != null) {
        runner.interrupt();
      }
    }
  }

  private void checkCancelled() {
    if (cancelled) {
      throw new CancellationException("cancelled");
    }
  }

  private BenchReport measure() throws IOException {
    Optional<String> tasks = text(request.tasks());
    questions =
        tasks.isPresent()
            ? ChoiceQuestions.parse(request.tasks().orElseThrow(), tasks.get())
            : Shipped.questions();
    Optional<String> asked = text(request.prompts());
    prompts =
        asked.isPresent()
            ? Prompt.parse(request.prompts().orElseThrow(), asked.get())
            : Shipped.prompts();
    locate();
    plan();
    predictions();
    for (Variant variant : variants) {
      accuracy(variant);
      runs(variant);
    }
    List<BenchReport.Row> rows = new ArrayList<>();
    for (Variant variant : variants) {
      rows.add(row(variant));
    }
    return new BenchReport(
        rows, baseline, prompts.stream().allMatch(p -> p.reference().isPresent()));
  }

  private static Optional<String> text(Optional<Path> file) throws IOException {
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file.get()));
    } catch (NoSuchFileException e) {
      throw new InputException("there is no file " + file.get(), "check the path", e);
    }
  }

  private void locate() throws IOException {
    InputResolver resolver =
        new InputResolver(download, e -> listener.accept(new BenchEvent.Finding(e)));
    List<String> inputs = new ArrayList<>();
    request.baseline().ifPresent(inputs::add);
    request.models().stream().filter(m -> !inputs.contains(m)).forEach(inputs::add);
    for (String input : inputs) {
      ModelLocation found = resolver.locate(input);
      String identity = ModelIdentity.of(found.path());
      // A result and the file in it are one model.
      if (variants.stream().noneMatch(v -> v.identity.equals(identity))) {
        variants.add(new Variant(input, found, identity));
      }
    }
    if (request.baseline().isPresent()) {
      baseline = OptionalInt.of(0);
    }
  }

  private void plan() throws IOException {
    int cells = 0;
    for (Variant variant : variants) {
      for (Measurement measurement : request.measurements()) {
        BenchKey key = new BenchKey(variant.identity, measurement, settings(variant, measurement));
        variant.keys.put(measurement, key);
        Optional<BenchStore.Entry> stored = store.find(key);
        stored.ifPresent(
            e ->
                (request.fresh() ? variant.earlier : variant.results).put(measurement, e.result()));
        cells++;
        missing += variant.lacks(measurement) ? 1 : 0;
      }
    }
    listener.accept(new BenchEvent.Planned(cells, cells - missing));
  }

  private TreeMap<String, String> settings(Variant variant, Measurement measurement)
      throws IOException {
    TreeMap<String, String> settings = new TreeMap<>();
    switch (measurement) {
      case PREDICTIONS -> {
        settings.put(
            "text", request.text().isPresent() ? hash(request.text().get()) : "WikiText-2 test");
        settings.put("protocol", Protocol.HALF_WINDOW.label());
        settings.put("window", Integer.toString(EvalRequest.DEFAULT_WINDOW));
        settings.put("max_tokens", Integer.toString(request.maxTokens()));
        settings.put("precision", request.torch().precision().toString());
        if (baseline.isPresent() && variant != variants.getFirst()) {
          settings.put("baseline", variants.getFirst().identity);
        }
      }
      case ACCURACY -> {
        settings.put("questions", hash(questions));
        settings.put("precision", request.torch().precision().toString());
      }
      case ANSWERS -> {
        settings.put("prompts", hash(prompts.stream().map(Prompt::text).toList()));
        settings.put("tokens", Integer.toString(WorkerRun.ANSWER_TOKENS));
      }
      case SPEED -> {
        settings.put("prompts", hash(prompts.stream().map(Prompt::text).toList()));
        settings.put("tokens", Integer.toString(WorkerRun.SPEED_TOKENS));
        settings.put(
            "machine", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        settings.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        request.torch().threads().ifPresent(t -> settings.put("threads", Integer.toString(t)));
      }
    }
    return settings;
  }

  private static String hash(Path file) throws IOException {
    try {
      return Sha256.of(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new InputException("there is no text " + file, "check the path after --text", e);
    }
  }

  private static String hash(Object value) {
    return Sha256.of(value.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void predictions() throws IOException {
    List<Variant> waiting =
        new ArrayList<>(variants.stream().filter(v -> v.lacks(Measurement.PREDICTIONS)).toList());
    while (!waiting.isEmpty()) {
      List<Variant> group = new ArrayList<>();
      while (!waiting.isEmpty() && group.size() < MODELS_AT_ONCE) {
        group.add(waiting.removeFirst());
      }
      predictions(group);
    }
  }

  /** One model that cannot be measured must not keep the others from it. */
  private void predictions(List<Variant> group) throws IOException {
    EvalReport report;
    try {
      report = new EvalJob(evalRequest(group), download, e -> evaluating(group, e)).run();
    } catch (InputException e) {
      if (group.size() == 1) {
        fail(group.getFirst(), Measurement.PREDICTIONS, e);
        return;
      }
      for (Variant single : group) {
        predictions(List.of(single));
      }
      return;
    }
    for (Variant variant : group) {
      for (EvalReport.Result result : report.results()) {
        if (result.input().equals(path(variant))) {
          finish(variant, Measurement.PREDICTIONS, predictions(report, result));
        }
      }
    }
  }

  private EvalRequest evalRequest(List<Variant> group) {
    return new EvalRequest(
        group.stream().map(BenchJob::path).toList(),
        baseline.isPresent() ? Optional.of(path(variants.getFirst())) : Optional.empty(),
        request.text(),
        Protocol.HALF_WINDOW,
        EvalRequest.DEFAULT_WINDOW,
        OptionalInt.of(request.maxTokens()),
        OptionalInt.empty(),
        request.torch());
  }

  private static String path(Variant variant) {
    return variant.location.path().toAbsolutePath().toString();
  }

  private static Measured.Predictions predictions(EvalReport report, EvalReport.Result result) {
    return new Measured.Predictions(
        result.predictions(),
        result.perplexity(),
        result
            .divergence()
            .map(
                d ->
                    new Measured.Distance(
                        d.mean(),
                        d.median(),
                        d.percentile99(),
                        d.sameTop(),
                        report.noiseFloor().orElse(0))));
  }

  private void evaluating(List<Variant> group, EvalEvent event) {
    if (event instanceof EvalEvent.Measuring m) {
      double share = (double) m.tokensDone() / m.tokensTotal();
      progress(m.model(), Measurement.PREDICTIONS, share * group.size());
    }
  }

  private void accuracy(Variant variant) throws IOException {
    if (!variant.lacks(Measurement.ACCURACY)) {
      return;
    }
    try (StoredModel stored = StoredModel.open(variant.location.path(), variant.location.name());
        TextTokenizer tokenizer = stored.tokenizer().open();
        TorchModel model = TorchModel.open(stored.network(), stored.weights(), request.torch())) {
      ChoiceScorer scorer = new ChoiceScorer(model, tokenizer);
      ChoiceTally tally = new ChoiceTally();
      for (ChoiceQuestion question : questions) {
        tally.add(question, scorer.logLikelihoods(question));
        progress(
            variant.location.name(),
            Measurement.ACCURACY,
            (double) tally.questions() / questions.size());
      }
      finish(variant, Measurement.ACCURACY, tally.accuracy());
    } catch (InputException e) {
      fail(variant, Measurement.ACCURACY, e);
    }
  }

  /** What needs the model in a process of its own. */
  private void runs(Variant variant) throws IOException {
    boolean answers = variant.lacks(Measurement.ANSWERS);
    boolean speed = variant.lacks(Measurement.SPEED);
    if (!answers && !speed) {
      return;
    }
    String name = variant.location.name();
    try (WorkerRun run = open(variant)) {
      if (speed) {
        finish(
            variant,
            Measurement.SPEED,
            run.speed(prompts, done -> progress(name, Measurement.SPEED, done)));
      }
      if (answers) {
        finish(
            variant,
            Measurement.ANSWERS,
            run.answers(prompts, done -> progress(name, Measurement.ANSWERS, done)));
      }
    } catch (InputException e) {
      for (Measurement each : List.of(Measurement.SPEED, Measurement.ANSWERS)) {
        if (variant.lacks(each)) {
          fail(variant, each, e);
        }
      }
    }
  }

  private WorkerRun open(Variant variant) throws IOException {
    WorkerRun run = WorkerRun.open(variant.location.path(), request.torch());
    synchronized (lock) {
      open = run;
      if (cancelled) {
        run.close();
      }
    }
    return run;
  }

  private void progress(String model, Measurement measurement, double cells) {
    checkCancelled();
    double done = Math.min(1, (measured + cells) / Math.max(1, missing));
    listener.accept(new BenchEvent.Measuring(model, measurement, done));
  }

  private void finish(Variant variant, Measurement measurement, Measured result) {
    variant.results.put(measurement, result);
    // What is held against the stored must not take its place, or the next run would find no fault.
    if (!variant.earlier.containsKey(measurement)) {
      BenchKey key = variant.keys.get(measurement);
      save(Objects.requireNonNull(key), variant.location.name(), result);
    }
    measured++;
    listener.accept(new BenchEvent.Finished(variant.location.name(), measurement));
  }

  /** A full disk takes nothing of what is measured but that the next run finds it. */
  private void save(BenchKey key, String model, Measured result) {
    if (!stores) {
      return;
    }
    try {
      store.save(key, model, result);
    } catch (IOException e) {
      stores = false;
      listener.accept(new BenchEvent.NotStored(String.valueOf(e.getMessage())));
    }
  }

  private void fail(Variant variant, Measurement measurement, InputException e) {
    checkCancelled();
    String reason = String.valueOf(e.getMessage());
    variant.failures.put(measurement, reason);
    measured++;
    listener.accept(new BenchEvent.Failed(variant.location.name(), measurement, reason));
  }

  private BenchReport.Row row(Variant variant) throws IOException {
    try (StoredModel stored = StoredModel.open(variant.location.path(), variant.location.name())) {
      return new BenchReport.Row(
          variant.location.name(),
          variant.identity,
          stored.format(),
          stored.bytes(),
          stored.fileBytes(),
          stored.bitsPerWeight(),
          MemoryModel.of(stored),
          stored.network().trainedLength(),
          variant.result(Measurement.PREDICTIONS, Measured.Predictions.class),
          variant.result(Measurement.ACCURACY, Measured.Accuracy.class),
          variant
              .result(Measurement.ANSWERS, Measured.Answers.class)
              .flatMap(a -> rouge(variant, a)),
          variant.result(Measurement.SPEED, Measured.Speed.class),
          variant.failures,
          changes(variant));
    }
  }

  private Optional<BenchReport.RougeMeans> rouge(Variant variant, Measured.Answers answers) {
    List<String> expected = new ArrayList<>();
    Optional<Measured.Answers> original =
        baseline.isPresent() && variant != variants.getFirst()
            ? variants.getFirst().result(Measurement.ANSWERS, Measured.Answers.class)
            : Optional.empty();
    for (int i = 0; i < prompts.size(); i++) {
      int index = i;
      Optional<String> reference =
          prompts.get(i).reference().or(() -> original.map(a -> a.texts().get(index)));
      if (reference.isEmpty()) {
        return Optional.empty();
      }
      expected.add(reference.get());
    }
    double one = 0;
    double two = 0;
    double longest = 0;
    for (int i = 0; i < expected.size(); i++) {
      String text = answers.texts().get(i);
      Rouge rouge =
          request.stem()
              ? Rouge.scoreStems(expected.get(i), text)
              : Rouge.score(expected.get(i), text);
      one += rouge.one().f1();
      two += rouge.two().f1();
      longest += rouge.longest().f1();
    }
    int n = expected.size();
    return Optional.of(new BenchReport.RougeMeans(one / n, two / n, longest / n));
  }

  private static List<BenchReport.Change> changes(Variant variant) {
    Map<String, BenchReport.Change> changes = new LinkedHashMap<>();
    variant.earlier.forEach(
        (measurement, before) -> {
          Measured now = variant.results.get(measurement);
          if (now != null) {
            Changes.between(before, now).forEach(c -> changes.put(c.figure(), c));
          }
        });
    return List.copyOf(changes.values());
  }
}
