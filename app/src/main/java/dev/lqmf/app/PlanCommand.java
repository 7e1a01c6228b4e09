package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.decide.Decision;
import dev.lqmf.factory.decide.DecisionAgent;
import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.decide.ModelReference;
import dev.lqmf.factory.decide.Quality;
import dev.lqmf.factory.decide.Wishes;
import dev.lqmf.factory.llm.LlmAccount;
import dev.lqmf.factory.plan.Budget;
import dev.lqmf.factory.plan.CacheType;
import dev.lqmf.factory.plan.Plan;
import dev.lqmf.factory.plan.PlanAdvice;
import dev.lqmf.factory.plan.PlanFile;
import dev.lqmf.factory.plan.Proposal;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf plan}: what to make of a model so that it fits. */
@Command(
    name = "plan",
    header = "Proposes what to make of a model so that it fits into memory.",
    description = {
      "%nShows the recommended type, a smaller and a better one: the exact size of the file, the"
          + " memory that it takes at a context, how good it will be, and how long it takes to"
          + " make. Nothing is written but the plan itself. A language model, if you have chosen one,"
          + " adds its advice.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf plan examples/models/docs-llama-4m --fit 8GB",
      "  lqmf plan mistralai/Mistral-7B-v0.1 --fit 8GB --ctx 8192",
      "  lqmf plan \"mistral 7b for an 8GB gpu, best quality\""
    })
final class PlanCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description =
          "A checkpoint directory, a GGUF file, a Hugging Face id, or a wish in your own words.")
  List<String> words = List.of();

  @Option(
      names = "--fit",
      paramLabel = "SIZE",
      description =
          "The memory it must fit into, as in 8GB (default: GPU_MEMORY_LIMIT, or what is free).")
  @Nullable String fit;

  @Option(
      names = {"-c", "--ctx"},
      paramLabel = "N",
      description = "Tokens of context (default: 4096, or what the model can if that is less).")
  @Nullable Integer context;

  @Option(
      names = "--target",
      paramLabel = "DEVICE",
      description = "Where it will run: ${COMPLETION-CANDIDATES}.")
  @Nullable Device target;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description = "gguf, bnb or gptq (default: gguf).")
  @Nullable String method;

  @Option(
      names = {"-t", "--type"},
      split = ",",
      paramLabel = "TYPE",
      description = "Only these types.")
  List<String> types = List.of();

  @Option(names = "--bits", paramLabel = "N", description = "Only types of so many bits.")
  @Nullable Integer bits;

  @Option(
      names = "--quality",
      paramLabel = "WISH",
      description = "What matters most: ${COMPLETION-CANDIDATES}.")
  @Nullable Quality quality;

  @Option(
      names = "--cache-type",
      paramLabel = "TYPE",
      description = "How keys and values are kept: f16, q8_0 or q4_0 (default: ${DEFAULT-VALUE}).")
  String cacheType = "f16";

  @Option(
      names = "--save",
      negatable = true,
      description =
          "Save the recommended plan in CONFIGS_DIR, or do not (default: AUTO_SAVE_PLANS).")
  @Nullable Boolean save;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  PlanCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    CacheType cache = UsageException.check(() -> CacheType.parse(cacheType));
    String size = fit;
    OptionalLong said =
        size == null
            ? OptionalLong.empty()
            : OptionalLong.of(UsageException.check(() -> Budget.parse(size)));
    OptionalInt tokens = UsageException.check(this::checkedContext);
    QuantizeProgress progress = new QuantizeProgress(terminal);
    Wishes wishes = withOptions(wishes(progress), said, tokens);
    Proposal proposal;
    try {
      proposal = Planning.propose(workplace, wishes, cache, progress);
    } finally {
      progress.clear();
    }
    Optional<Path> saved = saved(proposal.recommended(), progress);
    ProposalPrinter printer = new ProposalPrinter(proposal, saved, advised(proposal));
    if (json) {
      printer.printJson(terminal.out());
    } else {
      printer.print(terminal);
    }
    return CommandLine.ExitCode.OK;
  }

  /** What the user's provider says; one that does not answer costs a line. */
  private Optional<ProposalPrinter.Advised> advised(Proposal proposal) throws IOException {
    Optional<LlmAccount> provider = workplace.llm().chosen();
    if (provider.isEmpty()) {
      return Optional.empty();
    }
    LlmAccount account = provider.get();
    return PlanAdvice.on(
            proposal, new ProviderAdvisor(account, ProviderAdvisor.CHOOSES_PLANS, this::noteOnce))
        .map(
            advice ->
                new ProposalPrinter.Advised(account.provider().name(), account.model(), advice));
  }

  /** A prompt plans many times. */
  private void noteOnce(String text) {
    if (workplace.isNews(text)) {
      terminal.note(text);
    }
  }

  private Optional<Path> saved(Plan plan, QuantizeProgress progress) throws IOException {
    if (save == null) {
      return plan.fits() ? Planning.autoSave(workplace, plan, progress) : Optional.empty();
    }
    return save
        ? Optional.of(
            PlanFile.save(plan, workplace.configuration().directory(SettingsTable.CONFIGS_DIR)))
        : Optional.empty();
  }

  private OptionalInt checkedContext() {
    if (context != null && context < 1) {
      throw new InputException(
          "a context of " + context + " tokens holds nothing", "use at least 1, as in --ctx 4096");
    }
    return context == null ? OptionalInt.empty() : OptionalInt.of(context);
  }

  private Wishes wishes(QuantizeProgress progress) throws IOException {
    String named = workplace.model(words.getFirst());
    if (words.size() == 1 && isModel(named)) {
      return Wishes.NONE.withModels(List.of(ModelReference.typed(named)));
    }
    String line = "plan " + String.join(" ", words);
    return switch (new DecisionAgent(KnownModels.of(workplace)).decide(line)) {
      case Decision.Understood understood when !understood.wishes().models().isEmpty() -> {
        for (ModelReference model : understood.wishes().models()) {
          if (model.source() != ModelReference.Source.TYPED) {
            progress.notice("'" + model.typed() + "' is taken for " + model.name());
          }
        }
        if (!understood.leftover().isEmpty()) {
          progress.notice("not understood: " + String.join(" ", understood.leftover()));
        }
        yield understood.wishes();
      }
      case Decision.Understood _ ->
          throw new InputException("no model is named", "name one, as in: lqmf plan gpt2");
      case Decision.Unclear unclear ->
          throw new InputException(
              unclear.message(),
              unclear.suggestions().isEmpty()
                  ? "name a model, as in: lqmf plan gpt2 --fit 8GB"
                  : "try '" + String.join("' or '", unclear.suggestions()) + "'");
    };
  }

  /** A path, or what can only be one or a hub id; everything else is a wish. */
  private static boolean isModel(String named) {
    try {
      return Files.exists(Path.of(named)) || (named.contains("/") && !named.contains(" "));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** What an option says counts more than what a line does. */
  private Wishes withOptions(Wishes wishes, OptionalLong said, OptionalInt tokens) {
    return new Wishes(
        wishes.models(),
        method == null ? wishes.method() : Optional.of(method),
        types.isEmpty() ? wishes.types() : types,
        bits == null ? wishes.bits() : OptionalInt.of(bits),
        target == null ? wishes.device() : Optional.of(target),
        said.isPresent() ? said : wishes.budget(),
        tokens.isPresent() ? tokens : wishes.context(),
        quality == null ? wishes.quality() : Optional.of(quality),
        wishes.argument());
  }
}
