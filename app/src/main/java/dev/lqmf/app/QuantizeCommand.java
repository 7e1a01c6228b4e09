package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.Cancellation;
import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.GptqMethod;
import dev.lqmf.factory.GptqOptions;
import dev.lqmf.factory.PluginMethod;
import dev.lqmf.factory.QuantMethod;
import dev.lqmf.factory.QuantMethods;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.decide.ModelReference;
import dev.lqmf.factory.decide.Quality;
import dev.lqmf.factory.decide.Wishes;
import dev.lqmf.factory.execute.ExecutorAgent;
import dev.lqmf.factory.execute.FreeResources;
import dev.lqmf.factory.execute.Retries;
import dev.lqmf.factory.execute.RunRecord;
import dev.lqmf.factory.feedback.TestReport;
import dev.lqmf.factory.memory.ExperimentRecorder;
import dev.lqmf.factory.plan.Budget;
import dev.lqmf.factory.plan.CacheType;
import dev.lqmf.factory.plan.Plan;
import dev.lqmf.factory.plan.PlanFile;
import dev.lqmf.factory.plugin.LayerMethod;
import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.bnb.FourBitFormat;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.MixTypes;
import dev.lqmf.quant.mix.TypeOverride;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.torch.ComputeDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

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
      names = {"-t", "--type"},
      split = ",",
      completionCandidates = TypeNames.class,
      paramLabel = "TYPE",
      description = "gguf: what to make; several at once: Q4_K_M,Q8_0. 'lqmf types' explains them.")
  List<String> types = List.of();

  @Option(
      names = "--fit",
      paramLabel = "SIZE",
      description = "Make what 'lqmf plan' recommends for this much memory, as in 8GB.")
  @Nullable String fit;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "Carry out a plan that 'lqmf plan --save' wrote; takes the place of MODEL.")
  @Nullable Path planFile;

  @Option(
      names = "--ctx",
      paramLabel = "N",
      description = "--fit: tokens of context that the memory must do for.")
  @Nullable Integer context;

  @Option(
      names = "--target",
      paramLabel = "DEVICE",
      description = "--fit: where it will run, gpu or cpu.")
  @Nullable Device target;

  @Option(
      names = "--quality",
      paramLabel = "WISH",
      description = "--fit: what matters most: ${COMPLETION-CANDIDATES}.")
  @Nullable Quality quality;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description =
          "Where the result directories go (default: QUANTIZED_MODELS_DIR, or quantized-models).")
  @Nullable Path output;

  @Option(
      names = "--imatrix",
      paramLabel = "FILE",
      description = "Importance matrix: spends the precision where the model needs it.")
  @Nullable Path imatrix;

  @Option(
      names = "--calibrate",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "FILE",
      description =
          "Measure an importance matrix first, with a text (default: one that LQMF has), and use it.")
  @Nullable String calibrate;

  @Option(
      names = "--tensor-type",
      paramLabel = "PATTERN=TYPE",
      description =
          "A type for tensors whose names match a regular expression; repeatable, the first match"
              + " counts.")
  List<String> tensorTypes = List.of();

  @Option(
      names = "--output-tensor-type",
      paramLabel = "TYPE",
      description = "The type of output.weight.")
  @Nullable String outputTensorType;

  @Option(
      names = "--token-embedding-type",
      paramLabel = "TYPE",
      description = "The type of token_embd.weight.")
  @Nullable String tokenEmbeddingType;

  @Option(names = "--pure", description = "The same type for all tensors: no mix.")
  boolean pure;

  @Option(names = "--leave-output-tensor", description = "Keep output.weight as it is stored.")
  boolean leaveOutputTensor;

  @Option(
      names = "--allow-requantize",
      description = "Accept quantized input; the result is worse than from full precision.")
  boolean allowRequantize;

  @Option(
      names = "--split-max-size",
      paramLabel = "SIZE",
      description = "Split each result into files of at most this size, as in 2G or 500M.")
  @Nullable String splitMaxSize;

  @Option(
      names = "--bits",
      paramLabel = "N",
      description = "bnb: 4 in blocks, or 8 by rows; gptq: 2, 3, 4 or 8 (default: 4).")
  @Nullable Integer bits;

  @Option(
      names = "--quant-type",
      paramLabel = "TYPE",
      description = "bnb, 4 bits: nf4 or fp4 (default: nf4).")
  @Nullable String quantType;

  @Option(
      names = "--block-size",
      paramLabel = "N",
      description = "bnb, 4 bits: weights that share a scale, 32, 64, ... 4096 (default: 64).")
  @Nullable Integer blockSize;

  @Option(
      names = "--no-double-quant",
      description = "bnb, 4 bits: keep the scales in 32 bits instead of 8.")
  boolean noDoubleQuant;

  @Option(
      names = "--quant-storage",
      paramLabel = "TYPE",
      description =
          "bnb, 4 bits: the type that packed weights are stored as, uint8 or bfloat16 (default:"
              + " uint8).")
  @Nullable String quantStorage;

  @Option(
      names = "--skip",
      split = ",",
      paramLabel = "MODULE",
      description = "bnb: modules to leave as they are, by path or its end: down_proj,o_proj.")
  List<String> skip = List.of();

  @Option(
      names = "--group-size",
      paramLabel = "N",
      description =
          "gptq: inputs that share a scale, 32, 64, 128, or -1 for all of an output (default: 128).")
  @Nullable Integer groupSize;

  @Option(names = "--sym", description = "gptq: the zero point is in the middle (the default).")
  boolean symmetric;

  @Option(
      names = "--asym",
      description = "gptq: a zero point for each group, which suits skewed weights.")
  boolean asymmetric;

  @Option(
      names = "--desc-act",
      description = "gptq: inputs with large activations first; better, but slower to run.")
  boolean descAct;

  @Option(
      names = "--damp",
      paramLabel = "X",
      description = "gptq: damping of the Hessian, relative to its diagonal (default: 0.05).")
  @Nullable Double damp;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description = "gptq: a text like what the model will read (default: one that LQMF has).")
  @Nullable Path calibration;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "gptq: sequences of that text to calibrate with, at most (default: 128).")
  @Nullable Integer samples;

  @Option(
      names = "--seqlen",
      paramLabel = "N",
      description = "gptq: tokens of such a sequence (default: 512, or what the model reads).")
  @Nullable Integer sequenceLength;

  @Option(names = "--lm-head", description = "gptq: quantize the output head, too.")
  boolean head;

  @Option(
      names = "--option",
      paramLabel = "NAME=VALUE",
      description = "An option of a plugin's method; 'lqmf types' lists them.")
  Map<String, String> pluginOptions = Map.of();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "gptq: compute on cpu or cuda (default: cpu).")
  @Nullable String device;

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
    String size = fit;
    if (size == null) {
      UsageException.check(
          () -> {
            refuseWithoutFit("--ctx", context != null);
            refuseWithoutFit("--target", target != null);
            refuseWithoutFit("--quality", quality != null);
            return true;
          });
      return Optional.empty();
    }
    long memory = UsageException.check(() -> Budget.parse(size));
    Wishes wishes =
        new Wishes(
            List.of(ModelReference.typed(workplace.model(model))),
            Optional.of(method),
            List.of(),
            bits == null ? OptionalInt.empty() : OptionalInt.of(bits),
            Optional.ofNullable(target),
            OptionalLong.of(memory),
            context == null ? OptionalInt.empty() : OptionalInt.of(context),
            Optional.ofNullable(quality),
            Optional.empty());
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

  private static void refuseWithoutFit(String option, boolean given) {
    if (given) {
      throw new InputException(option + " applies to --fit only", "leave it out, or give --fit");
    }
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
                        types.isEmpty() ? method : String.join(",", types),
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
    refuse("--fit", isPlan() && fit != null);
    refuse("--bits", isPlan() && bits != null);
    refuseGguf();
    refuseBnb();
    refuseGptq();
    refuse("--option", !pluginOptions.isEmpty());
    return plan.quantMethod();
  }

  private QuantMethod chosen() {
    QuantMethods.Entry entry = QuantMethods.named(method);
    QuantMethod chosen =
        switch (entry.name()) {
          case GgufMethod.NAME -> gguf();
          case BnbMethod.NAME -> bitsAndBytes();
          case GptqMethod.NAME -> gptq();
          default -> plugin(entry.plugin().orElseThrow());
        };
    refuse("--option", !pluginOptions.isEmpty() && entry.plugin().isEmpty());
    return chosen;
  }

  private GgufMethod gguf() {
    refuse("--bits", bits != null);
    refuseGptq();
    refuseBnb();
    MixOptions mix =
        new MixOptions(
            tensorTypes.stream().map(TypeOverride::parse).toList(),
            Optional.ofNullable(outputTensorType).map(MixTypes::parse),
            Optional.ofNullable(tokenEmbeddingType).map(MixTypes::parse),
            pure,
            leaveOutputTensor,
            allowRequantize);
    return new GgufMethod(
        types.isEmpty() && yes
            ? List.of(QuantizeGuide.RECOMMENDED)
            : types.stream().map(GgufFileType::parse).toList(),
        mix,
        importance(),
        splitMaxSize == null
            ? OptionalLong.empty()
            : OptionalLong.of(ByteSize.parse(splitMaxSize)));
  }

  private Optional<GgufMethod.Importance> importance() {
    if (imatrix != null && calibrate != null) {
      throw new InputException("--imatrix and --calibrate exclude each other", "give one of them");
    }
    if (calibrate != null) {
      Optional<Path> text =
          calibrate.isEmpty() ? Optional.empty() : Optional.of(Path.of(calibrate));
      return Optional.of(new GgufMethod.Importance.Measured(text));
    }
    return Optional.ofNullable(imatrix).map(GgufMethod.Importance.File::new);
  }

  private BnbMethod bitsAndBytes() {
    refuseGguf();
    refuseGptq();
    BnbOptions usual = BnbOptions.DEFAULT;
    int chosenBits = bits == null ? usual.bits() : bits;
    if (chosenBits == 8) {
      refuseForRows("--quant-type", quantType != null);
      refuseForRows("--block-size", blockSize != null);
      refuseForRows("--no-double-quant", noDoubleQuant);
      refuseForRows("--quant-storage", quantStorage != null);
    }
    return new BnbMethod(
        new BnbOptions(
            chosenBits,
            quantType == null ? usual.format() : FourBitFormat.parse(quantType),
            blockSize == null ? usual.blockSize() : blockSize,
            !noDoubleQuant,
            quantStorage == null ? usual.storage() : storage(quantStorage),
            skip));
  }

  private GptqMethod gptq() {
    refuseGguf();
    refuseBnb();
    if (symmetric && asymmetric) {
      throw new InputException("--sym and --asym exclude each other", "give one of them");
    }
    GptqSettings usual = GptqSettings.DEFAULTS;
    return new GptqMethod(
        new GptqOptions(
            new GptqSettings(
                bits == null ? usual.bits() : bits,
                groupSize == null ? usual.groupSize() : groupSize,
                !asymmetric,
                descAct,
                usual.staticGroups(),
                damp == null ? usual.damp() : damp),
            samples == null ? GptqOptions.DEFAULT_SAMPLES : samples,
            sequenceLength == null ? OptionalInt.empty() : OptionalInt.of(sequenceLength),
            Optional.ofNullable(calibration),
            head,
            device == null ? ComputeDevice.CPU : ComputeDevice.named(device)));
  }

  private PluginMethod plugin(LayerMethod layerMethod) {
    refuse("--bits", bits != null);
    refuseGguf();
    refuseBnb();
    refuseGptq();
    return new PluginMethod(layerMethod, pluginOptions);
  }

  private void refuseGguf() {
    refuse("--type", !types.isEmpty());
    refuse("--imatrix", imatrix != null);
    refuse("--calibrate", calibrate != null);
    refuse("--tensor-type", !tensorTypes.isEmpty());
    refuse("--output-tensor-type", outputTensorType != null);
    refuse("--token-embedding-type", tokenEmbeddingType != null);
    refuse("--pure", pure);
    refuse("--leave-output-tensor", leaveOutputTensor);
    refuse("--allow-requantize", allowRequantize);
    refuse("--split-max-size", splitMaxSize != null);
  }

  private void refuseBnb() {
    refuse("--quant-type", quantType != null);
    refuse("--block-size", blockSize != null);
    refuse("--no-double-quant", noDoubleQuant);
    refuse("--quant-storage", quantStorage != null);
    refuse("--skip", !skip.isEmpty());
  }

  private void refuseGptq() {
    refuse("--group-size", groupSize != null);
    refuse("--sym", symmetric);
    refuse("--asym", asymmetric);
    refuse("--desc-act", descAct);
    refuse("--damp", damp != null);
    refuse("--calibration", calibration != null);
    refuse("--samples", samples != null);
    refuse("--seqlen", sequenceLength != null);
    refuse("--lm-head", head);
    refuse("--device", device != null);
  }

  private static TensorType storage(String name) {
    return switch (name) {
      case "uint8" -> TensorType.U8;
      case "bfloat16", "bf16" -> TensorType.BF16;
      default ->
          throw new InputException(
              "packed weights cannot be stored as " + InputException.quote(name),
              "use uint8 or bfloat16");
    };
  }

  private void refuse(String option, boolean given) {
    if (given) {
      throw new InputException(
          option
              + " does not apply to "
              + (isPlan() ? "a plan" : fit != null ? "--fit" : "--method " + method),
          "leave it out, or "
              + (isPlan()
                  ? "make another plan: lqmf plan MODEL"
                  : fit != null ? "leave --fit out" : "choose another method"));
    }
  }

  private static void refuseForRows(String option, boolean given) {
    if (given) {
      throw new InputException(option + " does not apply to --bits 8", "leave it out");
    }
  }

  /** The types' names, for completion. */
  static final class TypeNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(GgufFileType.values()).map(Enum::name).iterator();
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
