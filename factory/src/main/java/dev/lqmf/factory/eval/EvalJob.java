package dev.lqmf.factory.eval;

import dev.lqmf.factory.InputResolver;
import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.ModelLocation;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.ComputeDevice;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures models. All that are compared run window by window beside their baseline, so that no
 * scores are stored; as many at a time as memory holds.
 */
public final class EvalJob {
  /** Name of the text that comes with the program. */
  private static final String SHIPPED = "wikitext2-test.txt";

  /** Tokens that a pass runs through one block: enough for all threads, and to amortize weights. */
  private static final int TOKENS_AT_ONCE = 4096;

  private static final int TOKENS_AT_ONCE_STREAMING = 1 << 15;

  /** Scores that are looked at together. */
  private static final long SCORES_AT_ONCE = 1 << 25;

  private static final int NOISE_POSITIONS = 32;

  /** Each position reads the whole file. */
  private static final int NOISE_POSITIONS_STREAMING = 2;

  /** Characters by which vocabularies are compared. */
  private static final int SAMPLE = 20_000;

  private final EvalRequest request;
  private final ModelDownload download;
  private final Consumer<EvalEvent> listener;

  /** Models by what the user typed, in order, opened once. */
  private final Map<String, StoredModel> models = new LinkedHashMap<>();

  private final Map<String, Scores> scores = new LinkedHashMap<>();
  private final Map<String, Windows> windows = new LinkedHashMap<>();
  private OptionalDouble noiseFloor = OptionalDouble.empty();
  private long tokensDone;
  private long tokensTotal;

  /**
   * A job.
   *
   * @param listener is told what happens
   */
  public EvalJob(EvalRequest request, ModelDownload download, Consumer<EvalEvent> listener) {
    this.request = request;
    this.download = download;
    this.listener = listener;
  }

  /**
   * Runs it, once.
   *
   * @throws InputException if a model or the text cannot be used, or the models cannot be compared
   * @throws IOException if a file cannot be read
   */
  public EvalReport run() throws IOException {
    String text = text();
    TorchModel.loadAhead();
    try {
      InputResolver resolver =
          new InputResolver(download, e -> listener.accept(new EvalEvent.Finding(e)));
      if (request.baseline().isPresent()) {
        open(resolver, request.baseline().get());
      }
      for (String input : request.models()) {
        open(resolver, input);
      }
      models.values().forEach(EvalJob::checkContinuesText);
      cut(text);
      if (request.baseline().isPresent()) {
        besideBaseline(request.baseline().get());
      } else {
        for (String input : models.keySet()) {
          measure(null, List.of(input));
        }
      }
      return report();
    } finally {
      for (StoredModel model : models.values()) {
        model.close();
      }
    }
  }

  private void open(InputResolver resolver, String input) throws IOException {
    if (!models.containsKey(input)) {
      ModelLocation found = resolver.locate(input);
      StoredModel model = StoredModel.open(found.path(), found.name());
      models.put(input, model);
      model.warnings().forEach(this::notice);
    }
  }

  private void notice(String text) {
    listener.accept(new EvalEvent.Finding(new JobEvent.Notice(text)));
  }

  private static void checkContinuesText(StoredModel model) {
    if (model.network().decoder().isEmpty() || model.network().encoder().isPresent()) {
      throw new InputException(
          "%s does not continue a text, so it has no perplexity".formatted(model.name()),
          "use a model that is only a decoder");
    }
  }

  private String textName() {
    return request.text().map(Path::toString).orElse("WikiText-2 test");
  }

  private String text() throws IOException {
    if (request.text().isPresent()) {
      Path file = request.text().get();
      if (!Files.isRegularFile(file)) {
        throw new InputException("there is no text " + file, "check the path after --text");
      }
      try {
        return Files.readString(file);
      } catch (CharacterCodingException e) {
        throw new InputException(file + " is not UTF-8 text", "save it as UTF-8, or name another");
      }
    }
    try (InputStream shipped =
        Objects.requireNonNull(EvalJob.class.getResourceAsStream(SHIPPED), SHIPPED)) {
      return new String(shipped.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Cuts the text: once as the baseline has it, else for each model. */
  private void cut(String text) throws IOException {
    if (request.baseline().isEmpty()) {
      for (Map.Entry<String, StoredModel> each : models.entrySet()) {
        try (TextTokenizer tokenizer = each.getValue().tokenizer().open()) {
          windows.put(each.getKey(), cut(tokenizer, text));
        }
      }
    } else {
      StoredModel baseline = model(request.baseline().get());
      try (TextTokenizer tokenizer = baseline.tokenizer().open()) {
        Windows cut = cut(tokenizer, text);
        String sample = text.substring(0, Math.min(SAMPLE, text.length()));
        for (Map.Entry<String, StoredModel> each : models.entrySet()) {
          if (each.getValue() != baseline) {
            checkSameVocabulary(baseline, tokenizer, each.getValue(), sample);
          }
          windows.put(each.getKey(), cut);
        }
      }
    }
    for (Windows each : windows.values()) {
      tokensTotal += (long) each.count() * each.length();
    }
    Windows first = windows.values().iterator().next();
    listener.accept(new EvalEvent.Cut(textName(), first.count(), first.length()));
  }

  private Windows cut(TextTokenizer tokenizer, String text) {
    return request
        .protocol()
        .windows(
            tokenizer,
            textName(),
            text,
            request.window(),
            request.maxTokens(),
            request.maxWindows());
  }

  /** Refuses a model to whom the baseline's tokens would mean something else. */
  private static void checkSameVocabulary(
      StoredModel baseline, TextTokenizer tokenizer, StoredModel model, String sample)
      throws IOException {
    int expected = baseline.network().vocabulary();
    if (model.network().vocabulary() != expected) {
      throw new InputException(
          "%s has a vocabulary of %,d tokens, %s one of %,d"
              .formatted(model.name(), model.network().vocabulary(), baseline.name(), expected),
          "compare models with the same tokenizer");
    }
    TextTokenizer opened;
    try {
      opened = model.tokenizer().open();
    } catch (InputException e) {
      return; // The baseline's serves; the sizes agree, and more cannot be known.
    }
    try (TextTokenizer own = opened) {
      int[] ids = tokenizer.encode(sample, false);
      if (!own.decode(ids, false).strip().equals(tokenizer.decode(ids, false).strip())) {
        throw new InputException(
            "the tokens of %s mean something else to %s".formatted(baseline.name(), model.name()),
            "compare models with the same tokenizer");
      }
    }
  }

  private StoredModel model(String input) {
    return Objects.requireNonNull(models.get(input));
  }

  /** Runs groups of models that memory holds together, each beside the baseline. */
  private void besideBaseline(String baseline) throws IOException {
    List<String> waiting = new ArrayList<>(models.keySet());
    waiting.remove(baseline);
    do {
      List<String> group = new ArrayList<>();
      long free = memory() - bytes(baseline);
      while (!waiting.isEmpty() && (group.isEmpty() || bytes(waiting.getFirst()) <= free)) {
        free -= bytes(waiting.getFirst());
        group.add(waiting.removeFirst());
      }
      measure(baseline, group);
    } while (!waiting.isEmpty());
  }

  private long bytes(String input) {
    StoredModel model = model(input);
    return TorchModel.weightBytes(model.network(), model.weights(), request.torch());
  }

  /** Bytes for all weights together. */
  private long memory() {
    return request.torch().maxMemory().orElseGet(HostMemory::forWeights);
  }

  /** How to run some models at a time: where memory does not hold them all, each has its share. */
  private TorchOptions options(List<String> inputs) {
    if (request.torch().maxMemory().isEmpty() && request.torch().device() == ComputeDevice.CUDA) {
      return request.torch(); // It has memory of its own.
    }
    long limit = memory();
    boolean fits = inputs.stream().mapToLong(this::bytes).sum() <= limit;
    return request.torch().withMaxMemory(fits ? limit : Math.max(1, limit / inputs.size()));
  }

  /**
   * Runs models window by window.
   *
   * @param baseline null for none
   * @param inputs models to measure, which may be none beside a baseline
   */
  private void measure(@Nullable String baseline, List<String> inputs) throws IOException {
    Windows cut =
        Objects.requireNonNull(windows.get(baseline == null ? inputs.getFirst() : baseline));
    List<RunningModel> running = new ArrayList<>();
    try {
      List<String> all = new ArrayList<>();
      if (baseline != null) {
        all.add(baseline);
      }
      all.addAll(inputs);
      TorchOptions options = options(all);
      for (String input : all) {
        boolean compared = baseline != null && !input.equals(baseline);
        RunningModel model =
            RunningModel.load(model(input), cut, new Scores(cut.total(), compared), options);
        running.add(model);
        if (model.torch().streams() && request.torch().maxMemory().isEmpty()) {
          notice(
              "%s is read again for every %,d tokens: it does not fit into half of the"
                      .formatted(input, TOKENS_AT_ONCE_STREAMING)
                  + " free memory");
        }
      }
      RunningModel base = baseline == null ? null : running.getFirst();
      if (base != null && noiseFloor.isEmpty()) {
        int positions = base.torch().streams() ? NOISE_POSITIONS_STREAMING : NOISE_POSITIONS;
        noiseFloor = OptionalDouble.of(base.noise(cut, positions));
      }
      boolean streams = running.stream().anyMatch(m -> m.torch().streams());
      int atOnce =
          Math.max(1, (streams ? TOKENS_AT_ONCE_STREAMING : TOKENS_AT_ONCE) / cut.length());
      for (int from = 0; from < cut.count(); from += atOnce) {
        batch(base, running, cut, from, Math.min(cut.count(), from + atOnce));
      }
      for (int i = 0; i < all.size(); i++) {
        scores.putIfAbsent(all.get(i), running.get(i).scores());
      }
    } finally {
      running.forEach(RunningModel::close);
    }
    for (String input : inputs) {
      listener.accept(new EvalEvent.Measured(result(input)));
    }
  }

  private void batch(
      @Nullable RunningModel base, List<RunningModel> running, Windows cut, int from, int to)
      throws IOException {
    int[][] ids = Arrays.copyOfRange(cut.ids(), from, to);
    List<Activations> hidden = new ArrayList<>();
    try {
      for (RunningModel model : running) {
        long began = System.nanoTime();
        hidden.add(model.torch().hidden(ids));
        model.scores().addSeconds((System.nanoTime() - began) / 1e9);
      }
      int vocabulary = running.getFirst().torch().network().vocabulary();
      int rows = (int) Math.clamp(SCORES_AT_ONCE / vocabulary, 1, cut.predictions());
      for (int sequence = 0; sequence < ids.length; sequence++) {
        for (int at = 0; at < cut.predictions(); at += rows) {
          int count = Math.min(rows, cut.predictions() - at);
          int position = sequence * cut.length() + cut.first() + at;
          int[] targets = cut.targets(from + sequence, at, count);
          score(base, running, hidden, position, targets);
        }
      }
    } finally {
      hidden.forEach(Activations::close);
    }
    for (RunningModel model : running) {
      boolean again = model == base && scores.containsKey(request.baseline().orElse(""));
      if (!again) {
        tokensDone += (long) ids.length * cut.length();
        listener.accept(
            new EvalEvent.Measuring(
                model.stored().name(), model.scores().perplexitySoFar(), tokensDone, tokensTotal));
      }
    }
  }

  /** Scores some predictions with all models, the baseline first. */
  private static void score(
      @Nullable RunningModel base,
      List<RunningModel> running,
      List<Activations> hidden,
      int position,
      int[] targets)
      throws IOException {
    Logits expected = null;
    int[] expectedBest = new int[0];
    try {
      for (int m = 0; m < running.size(); m++) {
        RunningModel model = running.get(m);
        Scores scores = model.scores();
        long began = System.nanoTime();
        Logits logits = model.torch().logits(hidden.get(m), position, targets.length);
        if (model == base) {
          expected = logits;
          expectedBest = running.size() > 1 ? logits.best() : expectedBest;
          scores.addLogProbabilities(logits.logProbabilities(targets));
        } else {
          try (logits) {
            scores.addLogProbabilities(logits.logProbabilities(targets));
            if (expected != null) {
              scores.addComparison(logits.divergenceFrom(expected), logits.best(), expectedBest);
            }
          }
        }
        scores.addSeconds((System.nanoTime() - began) / 1e9);
      }
    } finally {
      if (expected != null) {
        expected.close();
      }
    }
  }

  private EvalReport.Result result(String input) throws IOException {
    StoredModel model = model(input);
    Scores own = Objects.requireNonNull(scores.get(input));
    Optional<EvalReport.Divergence> divergence =
        request
            .baseline()
            .filter(b -> !b.equals(input))
            .map(b -> own.divergence(Objects.requireNonNull(scores.get(b))));
    return new EvalReport.Result(
        input,
        model.name(),
        model.format(),
        model.fileBytes(),
        model.network().vocabulary(),
        Objects.requireNonNull(windows.get(input)).count(),
        own.count(),
        own.perplexity(),
        divergence,
        own.seconds());
  }

  private EvalReport report() throws IOException {
    List<EvalReport.Result> results = new ArrayList<>();
    List<String> inputs = new ArrayList<>(request.models().stream().distinct().toList());
    request.baseline().filter(b -> !inputs.contains(b)).ifPresent(inputs::addFirst);
    for (String input : inputs) {
      results.add(result(input));
    }
    Windows first = windows.get(inputs.getFirst());
    boolean comparable = inputs.stream().allMatch(i -> Objects.equals(windows.get(i), first));
    OptionalInt baseline =
        request.baseline().isPresent()
            ? OptionalInt.of(inputs.indexOf(request.baseline().get()))
            : OptionalInt.empty();
    return new EvalReport(
        textName(),
        request.protocol(),
        request.window(),
        baseline,
        noiseFloor,
        results,
        Ranking.of(
            results,
            inputs.stream().map(i -> Objects.requireNonNull(scores.get(i))).toList(),
            comparable,
            noiseFloor.orElse(0)));
  }
}
