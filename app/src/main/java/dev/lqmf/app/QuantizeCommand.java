package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.Cancellation;
import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.GptqMethod;
import dev.lqmf.factory.PluginMethod;
import dev.lqmf.factory.QuantMethod;
import dev.lqmf.factory.QuantMethods;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.decide.Wishes;
import dev.lqmf.factory.execute.ExecutorAgent;
import dev.lqmf.factory.execute.FreeResources;
import dev.lqmf.factory.execute.Retries;
import dev.lqmf.factory.execute.RunRecord;
import dev.lqmf.factory.feedback.TestReport;
import dev.lqmf.factory.memory.ExperimentRecorder;
import dev.lqmf.factory.plan.CacheType;
import dev.lqmf.factory.plan.Plan;
import dev.lqmf.factory.plan.PlanFile;
import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lqmf quantize}: makes quantized GGUF files or checkpoints of a model. */
@Command(
    name = "quantize",
    header = "Makes quantized GGUF files, or a bitsandbytes or GPTQ checkpoint, of a model.",
    description = {
      "%nThe model is read once, however many types are asked for. Each result is a directory"
          + " <model>_gguf_<TYPE> that holds the GGUF, or <model>_bnb_<BITS>bit or"
          + " <model>_gptq_<BITS>bit that holds the checkpoint, with the recipe that made it and a summary; it appears only when it is"
          + " complete.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf quantize examples/models/docs-llama-4m --type Q4_K_M",
      "  lqmf quantize mistralai/Mistral-7B-v0.1 --type Q4_K_M,Q6_K,Q8_0",
      "  lqmf quantize mistralai/Mistral-7B-v0.1 --fit 8GB --ctx 8192",
      "  lqmf quantize model-f16.gguf --type IQ4_XS --imatrix imatrix.gguf",
      "  lqmf quantize my-model --method bnb --bits 4",
      "  lqmf quantize my-model --method gptq --bits 4 --group-size 128",
      "  lqmf quantize my-model --type Q4_K_M --tensor-type ffn_down=Q6_K --dry-run"
    })
final class QuantizeCommand implements Callable<Integer> {
  /** How long an interrupted job may take to remove what it had begun. */
  private static final int CLEAN_UP_SECONDS = 10;

  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "A checkpoint directory, a GGUF file, a Hugging Face id (org/name[@revision]), or a plan"
              + " that 'lqmf plan --save' wrote.")
  String model = "";

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      completionCandidates = MethodNames.class,
      description = "How to quantize: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  String method = GgufMethod.NAME;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "Carry out a plan that 'lqmf plan --save' wrote; takes the place of MODEL.")
  @Nullable Path planFile;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description =
          "Where the result directories go (default: QUANTIZED_MODELS_DIR, or quantized-models).")
  @Nullable Path output;

  @Option(
      names = "--bits",
      paramLabel = "N",
      description = "bnb: 4 in blocks, or 8 by rows; gptq: 2, 3, 4 or 8 (default: 4).")
  @Nullable Integer bits;

  @Option(
      names = "--option",
      paramLabel = "NAME=VALUE",
      description = "An option of a plugin's method; 'lqmf types' lists them.")
  Map<String, String> pluginOptions = Map.of();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Number of threads (default: ${DEFAULT-VALUE}); the bytes do not depend on it.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--dry-run",
      description = "Show what would be made, and how large; write nothing.")
  boolean dryRun;

  @Option(names = "--force", description = "Make results again that are there already.")
  boolean force;

  @Option(
      names = {"-y", "--yes"},
      description = "Take the recommendation for what is not given, such as the type.")
  boolean yes;

  @Option(
      names = "--no-record",
      description = "Leave no trace of the run in the experiments and the log.")
  boolean noRecord;

  @Option(names = "--no-card", description = "Write no model card (README.md, Modelfile).")
  boolean noCard;

  @Option(names = "--no-test", description = "Do not test the new results ('lqmf test', quick).")
  boolean noTest;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  @ArgGroup(validate = false, heading = "%nLeave the choice to LQMF:%n")
  FitFlags fit = new FitFlags();

  @ArgGroup(validate = false, heading = "%n--method gguf:%n")
  GgufFlags gguf = new GgufFlags();

  @ArgGroup(validate = false, heading = "%n--method bnb (bitsandbytes):%n")
  BnbFlags bnb = new BnbFlags();

  @ArgGroup(validate = false, heading = "%n--method gptq:%n")
  GptqFlags gptq = new GptqFlags();

  @Spec CommandSpec spec = CommandSpec.create();

  QuantizeCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    QuantizeProgress progress = new QuantizeProgress(terminal);
    Path results = output == null ? workplace.results() : output;
    Optional<PlanFile> plan = plan(progress);
    String input = plan.isPresent() ? plan.get().model() : workplace.model(model);
    QuantizeRequest request = UsageException.check(() -> request(input, plan, results));
    Configuration settings = workplace.configuration();
    ExecutorAgent executor =
        new ExecutorAgent(
            KernelsProvider.best(),
            workplace.download(progress::notice),
            new RunRecord(settings, progress::notice),
            FreeResources.here(),
            settings.get(SettingsTable.CPU_FALLBACK),
            Retries.of(settings.get(SettingsTable.MAX_RETRIES)));
    CountDownLatch done = new CountDownLatch(1);
    Cancellation.by(executor::cancel);
    try (ShutdownHook _ = ShutdownHook.of(() -> interrupt(executor, done))) {
      QuantizeReport report =
          executor.execute(request, run(plan), progress.andThen(Journaled.phases()));
      Cards cards = new Cards(workplace, progress::notice);
      cards.add(report, input, noCard);
      progress.clear();
      done.countDown(); // the results are there: what follows may end at any moment
      show(report, plan, progress, executor);
      if (!noTest) {
        cards.addTests();
      }
      return CommandLine.ExitCode.OK;
    } finally {
      progress.clear();
      done.countDown();
    }
  }

  /** People see the results first; a test may take its time. */
  private void show(
      QuantizeReport report,
      Optional<PlanFile> plan,
      QuantizeProgress progress,
      ExecutorAgent executor) {
    FirstTests tests = new FirstTests(workplace, executor::tell, progress::notice, !noRecord);
    String made = plan.map(PlanFile::method).orElse(method);
    if (json) {
      result(report, progress, noTest ? Map.of() : tests.of(report, made, _ -> {}))
          .printJson(terminal.out());
      return;
    }
    result(report, progress, Map.of()).print(terminal);
    terminal.out().flush();
    if (!noTest) {
      tests.of(
          report, made, test -> terminal.say(QuantizeResult.sentence(test, terminal.outStyle())));
    }
  }

  private QuantizeResult result(
      QuantizeReport report, QuantizeProgress progress, Map<Path, TestReport> tests) {
    return new QuantizeResult(report, progress.plan(), progress.layers(), tests, dryRun);
  }

  /** What {@code lqmf plan --save} wrote, if the model is such a file; or what fits. */
  private Optional<PlanFile> plan(QuantizeProgress progress) throws IOException {
    UsageException.check(
        () -> {
          if (model.isEmpty() == (planFile == null)) {
            throw new InputException(
                model.isEmpty() ? "no model is named" : "--plan names the model already",
                "name a model or a plan: lqmf quantize MODEL, or lqmf quantize --plan FILE");
          }
          return true;
        });
    if (isPlan()) {
      return Optional.of(PlanFile.read(planFile == null ? Path.of(model) : planFile));
    }
    if (!UsageException.check(fit::given)) {
      return Optional.empty();
    }
    String input = workplace.model(model);
    Wishes wishes = UsageException.check(() -> fit.wishes(input, method, bits));
    Plan plan = Planning.propose(workplace, wishes, CacheType.F16, progress).recommended();
    if (!plan.fits()) {
      throw new InputException(plan.reason(), "'lqmf plan' shows what there is");
    }
    progress.notice(plan.type() + ": " + plan.reason());
    if (!dryRun && !noRecord) {
      Planning.autoSave(workplace, plan, progress)
          .ifPresent(file -> progress.notice("the plan is saved in " + file));
    }
    return Optional.of(PlanFile.of(plan));
  }

  private boolean isPlan() {
    return planFile != null || model.endsWith(".yaml");
  }

  /** As what the run is remembered; empty if it is to leave no trace. */
  private Optional<ExperimentRecorder.Run> run(Optional<PlanFile> plan) {
    if (dryRun || noRecord) {
      return Optional.empty();
    }
    return plan.map(
            p ->
                new ExperimentRecorder.Run(
                    p.model(), p.method(), p.type(), LqmfCommand.version(), p.expected()))
        .or(
            () ->
                Optional.of(
                    new ExperimentRecorder.Run(
                        model,
                        method,
                        gguf.types.isEmpty() ? method : String.join(",", gguf.types),
                        LqmfCommand.version())));
  }

  private static void interrupt(ExecutorAgent executor, CountDownLatch done) {
    executor.cancel();
    try {
      var _ = done.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private QuantizeRequest request(String input, Optional<PlanFile> plan, Path results) {
    return QuantizeRequest.of(input, plan.isPresent() ? planned(plan.get()) : chosen())
        .outputRoot(results)
        .threads(threads)
        .dryRun(dryRun)
        .force(force)
        .build();
  }

  private QuantMethod planned(PlanFile plan) {
    refuseOthers(FitFlags.class);
    refuse("--fit", isPlan() && fit.size != null);
    refuse("--bits", isPlan() && bits != null);
    refuse("--option", !pluginOptions.isEmpty());
    return plan.quantMethod();
  }

  private QuantMethod chosen() {
    QuantMethods.Entry entry = QuantMethods.named(method);
    refuse("--option", !pluginOptions.isEmpty() && entry.plugin().isEmpty());
    return switch (entry.name()) {
      case GgufMethod.NAME -> {
        refuse("--bits", bits != null);
        refuseOthers(GgufFlags.class);
        yield gguf.method(yes);
      }
      case BnbMethod.NAME -> {
        refuseOthers(BnbFlags.class);
        yield bnb.method(bits);
      }
      case GptqMethod.NAME -> {
        refuseOthers(GptqFlags.class);
        yield gptq.method(bits);
      }
      default -> {
        refuse("--bits", bits != null);
        refuseOthers(PluginMethod.class);
        yield new PluginMethod(entry.plugin().orElseThrow(), pluginOptions);
      }
    };
  }

  /** Refuses what was given of the groups of options, but for one group. */
  private void refuseOthers(Class<?> flags) {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      ArgGroupSpec group = option.group();
      refuse(option.longestName(), group != null && group.typeInfo().getType() != flags);
    }
  }

  private void refuse(String option, boolean given) {
    if (given) {
      throw new InputException(
          option
              + " does not apply to "
              + (isPlan() ? "a plan" : fit.size != null ? "--fit" : "--method " + method),
          "leave it out, or "
              + (isPlan()
                  ? "make another plan: lqmf plan MODEL"
                  : fit.size != null ? "leave --fit out" : "choose another method"));
    }
  }

  /** The methods' names, for help and completion. */
  static final class MethodNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      List<QuantMethods.Entry> methods;
      try {
        methods = QuantMethods.all();
      } catch (InputException brokenPlugin) {
        methods = QuantMethods.own(); // help is shown nevertheless
      }
      return methods.stream().map(QuantMethods.Entry::name).iterator();
    }
  }
}
