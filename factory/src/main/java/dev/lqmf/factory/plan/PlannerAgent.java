package dev.lqmf.factory.plan;

import dev.lqmf.factory.DryRun;
import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.JobPlan;
import dev.lqmf.factory.ModelLocation;
import dev.lqmf.factory.OutputPlan;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.TensorPlan;
import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.decide.Quality;
import dev.lqmf.model.GgufAsCheckpoint;
import dev.lqmf.model.GgufModel;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Proposes what to make of a model: the recommended plan, one that is smaller and one that is
 * better. Sizes are those of a dry run, so they are the sizes of the files.
 */
public final class PlannerAgent {
  private static final int USUAL_CONTEXT = 4096;

  /** Smaller models are fast on any CPU, and lose more. */
  private static final long LARGE_MODEL = 1_500_000_000L;

  private final DryRun dryRun;
  private final Predictor predictor;

  public PlannerAgent(DryRun dryRun, Predictor predictor) {
    this.dryRun = dryRun;
    this.predictor = predictor;
  }

  /**
   * Plans. A model that is not on disk is downloaded first.
   *
   * @throws InputException if the model, the method or a type cannot be used
   */
  public Proposal propose(PlanRequest request) throws IOException {
    String method = request.method().orElse(GgufMethod.NAME);
    List<Candidate> candidates = Candidate.all(method, request.types(), request.bits());
    ModelLocation location = dryRun.locate(request.input());
    List<Planned> planned = plan(location, candidates);
    ModelShape shape = shape(location);
    MemoryModel memory =
        method.equals(GgufMethod.NAME)
            ? MemoryModel.ofGguf(shape, planned.getFirst().job.architecture())
            : MemoryModel.ofCheckpoint(shape);
    int context = context(request, shape);
    List<Plan> plans = new ArrayList<>();
    for (Planned one : planned) {
      plans.add(plan(request, one, memory, context));
    }
    // What needs the most keeps the most.
    plans.sort(Comparator.comparingLong(Plan::fileBytes).reversed());
    List<String> notes = new ArrayList<>(planned.getFirst().job.notes());
    shape
        .trainedLength()
        .ifPresent(
            trained -> {
              if (context > trained) {
                notes.add(
                    String.format(
                        Locale.ROOT,
                        "a context of %,d tokens is more than the %,d that the model is made for",
                        context,
                        trained));
              }
            });
    return proposal(request, plans, planned.getFirst().job.elements(), notes);
  }

  /** A dry run's output and the candidate it is of. */
  private record Planned(Candidate candidate, JobPlan job, OutputPlan output) {}

  private List<Planned> plan(ModelLocation location, List<Candidate> candidates)
      throws IOException {
    List<Planned> planned = new ArrayList<>();
    List<Candidate> gguf =
        candidates.stream().filter(c -> c.name().equals(GgufMethod.NAME)).toList();
    if (!gguf.isEmpty()) {
      // All types in one go: a large checkpoint has many tensors to look at.
      GgufMethod all =
          new GgufMethod(
              gguf.stream().map(c -> GgufFileType.parse(c.type())).toList(),
              MixOptions.NONE,
              Optional.empty(),
              OptionalLong.empty());
      JobPlan job = dryRun.plan(location, all, QuantizeRequest.DEFAULT_OUTPUT_ROOT);
      for (int i = 0; i < gguf.size(); i++) {
        planned.add(new Planned(gguf.get(i), job, job.outputs().get(i)));
      }
    }
    for (Candidate candidate : candidates) {
      if (!candidate.name().equals(GgufMethod.NAME)) {
        JobPlan job =
            dryRun.plan(location, candidate.method(), QuantizeRequest.DEFAULT_OUTPUT_ROOT);
        planned.add(new Planned(candidate, job, job.outputs().getFirst()));
      }
    }
    return planned;
  }

  private static ModelShape shape(ModelLocation location) throws IOException {
    Path path = location.path();
    if (Files.exists(path.resolve("config.json"))) {
      try {
        return ModelShape.of(Families.network(HfConfig.read(new ModelFiles(path))));
      } catch (InputException unknown) {
        // A class that LQMF converts without computing it.
        try (GgufModel model = GgufModel.fromCheckpoint(path)) {
          return shape(model);
        }
      }
    }
    try (GgufModel model = GgufModel.fromGguf(file(path))) {
      try {
        return ModelShape.of(Families.network(GgufAsCheckpoint.of(model).config()));
      } catch (InputException unknown) {
        return shape(model);
      }
    }
  }

  private static Path file(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return path;
    }
    try (Stream<Path> files = Files.list(path)) {
      return files
          .filter(f -> f.toString().endsWith(".gguf"))
          .sorted()
          .findFirst()
          .orElseThrow(
              () ->
                  new InputException(
                      path + " holds no model", "name a checkpoint directory or a GGUF file"));
    }
  }

  private static ModelShape shape(GgufModel model) {
    int vocabulary =
        model.tensors().tensors().stream()
            .filter(t -> t.name().equals("token_embd.weight"))
            .mapToInt(t -> Math.toIntExact(t.shape().elements() / t.shape().rowLength()))
            .findFirst()
            .orElse(0);
    return ModelShape.of(model.metadata(), vocabulary);
  }

  private static int context(PlanRequest request, ModelShape shape) {
    return request
        .context()
        .orElse(Math.min(USUAL_CONTEXT, shape.trainedLength().orElse(USUAL_CONTEXT)));
  }

  private Plan plan(PlanRequest request, Planned planned, MemoryModel memory, int context) {
    OutputPlan output = planned.output;
    long tensorBytes = output.tensors().stream().mapToLong(TensorPlan::bytes).sum();
    Candidate candidate = planned.candidate;
    double bitsPerWeight = 8.0 * tensorBytes / planned.job.elements();
    Predictor.Prediction prediction =
        predictor.predict(
            new Predictor.Task(
                planned.job.architecture(),
                candidate.name(),
                candidate.type(),
                planned.job.elements(),
                planned.job.inputBytes(),
                output.fileBytes(),
                bitsPerWeight,
                request.threads()));
    return new Plan(
        request.input(),
        planned.job.model(),
        candidate.name(),
        candidate.type(),
        output.fileBytes(),
        candidate.name().equals(GgufMethod.NAME),
        bitsPerWeight,
        memory.use(tensorBytes, context, request.cache(), request.budget().device()),
        context,
        request.cache(),
        request.budget(),
        prediction.quality(),
        prediction.time(),
        prediction.evidence(),
        "");
  }

  private static Proposal proposal(
      PlanRequest request, List<Plan> plans, long weights, List<String> notes) {
    List<Plan> asked = plans.stream().filter(p -> isAsked(p, request)).toList();
    if (asked.isEmpty()) {
      throw new InputException(
          "no type of %d bits is planned for".formatted(request.bits().orElse(0)),
          "name a type, as in Q5_0; 'lqmf types' lists them");
    }
    Plan chosen = choose(request, asked, weights);
    int place = plans.indexOf(chosen);
    Optional<Plan> smaller =
        plans.stream().skip(place + 1L).filter(p -> p.fileBytes() < chosen.fileBytes()).findFirst();
    Optional<Plan> better =
        plans.subList(0, place).reversed().stream()
            .filter(p -> p.fileBytes() > chosen.fileBytes())
            .findFirst();
    return new Proposal(
        chosen.because(reason(request, chosen, better)),
        smaller.map(p -> p.because("if memory or time matters more" + unless(p))),
        better.map(p -> p.because("if quality matters more" + unless(p))),
        notes);
  }

  private static String unless(Plan plan) {
    return plan.fits()
        ? ""
        : ", but it needs %s more than there is"
            .formatted(gb(plan.memory().total() - plan.budget().bytes()));
  }

  private static boolean isAsked(Plan plan, PlanRequest request) {
    if (!request.types().isEmpty()) {
      return request.types().stream().anyMatch(plan.type()::equalsIgnoreCase);
    }
    return request.bits().isEmpty() || bits(plan) == request.bits().getAsInt();
  }

  private static int bits(Plan plan) {
    return Candidate.of(plan.method(), plan.type()).bits();
  }

  private static Plan choose(PlanRequest request, List<Plan> asked, long weights) {
    List<Plan> fitting = asked.stream().filter(Plan::fits).toList();
    if (fitting.isEmpty()) {
      return asked.getLast();
    }
    if (request.quality().equals(Optional.of(Quality.SMALLEST))) {
      return fitting.reversed().stream()
          .filter(p -> p.quality() != QualityClass.POOR)
          .findFirst()
          .orElse(fitting.getFirst());
    }
    int most = mostBits(request, weights);
    return fitting.stream().filter(p -> bits(p) <= most).findFirst().orElse(fitting.getLast());
  }

  /** More than that gains nothing, or costs speed for little. */
  private static int mostBits(PlanRequest request, long weights) {
    if (request.quality().equals(Optional.of(Quality.BEST))) {
      return 8;
    }
    if (request.quality().equals(Optional.of(Quality.BALANCED))) {
      return 5;
    }
    return isSlow(request, weights) ? 4 : 8;
  }

  private static boolean isSlow(PlanRequest request, long weights) {
    return request.budget().device() == Device.CPU && weights >= LARGE_MODEL;
  }

  private static String reason(PlanRequest request, Plan chosen, Optional<Plan> better) {
    String budget = gb(chosen.budget().bytes());
    if (!chosen.fits()) {
      return "nothing that was asked for fits %s (%s); this comes closest, and a shorter context"
              .formatted(budget, chosen.budget().source())
          + " or another type helps";
    }
    String room =
        String.format(
            Locale.ROOT,
            "%s of %s with %,d tokens of context",
            gb(chosen.memory().total()),
            budget,
            chosen.context());
    if (!request.types().isEmpty()) {
      return "it is the type that was asked for, and takes " + room;
    }
    if (request.quality().equals(Optional.of(Quality.SMALLEST))) {
      return "the smallest with no more than %s; it takes %s"
          .formatted(chosen.quality().words(), room);
    }
    if (better.isEmpty() || !better.get().fits()) {
      return "the best that fits: it takes " + room;
    }
    if (chosen.quality() == QualityClass.LOSSLESS) {
      return "more bits would gain nothing; it takes " + room;
    }
    return request.bits().isPresent()
        ? "the best with %d bits: it takes %s".formatted(request.bits().getAsInt(), room)
        : "a good balance: more would fit, but be slower; it takes " + room;
  }

  private static String gb(long bytes) {
    return bytes < 1_000_000_000L
        ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
