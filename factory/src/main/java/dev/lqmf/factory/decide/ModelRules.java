package dev.lqmf.factory.decide;

import dev.lqmf.factory.decide.Decision.Reason;
import dev.lqmf.factory.decide.Decision.Unclear;
import dev.lqmf.factory.decide.Decision.Understood;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lines about a model: what to do with it, which one, and what the result should be like. */
final class ModelRules {
  /** Addresses, paths, files, hub ids, results of the program. */
  private static final Pattern EXPLICIT =
      Pattern.compile(
          "(?<![\\w./-])(?:https?://\\S+"
              + "|(?:\\.{1,2}/|~/|/|[A-Za-z]:[\\\\/])\\S+"
              + "|[\\w.-]+(?:/[\\w.-]+){2,}/?"
              + "|[\\w./-]+\\.(?:gguf|safetensors|bin)"
              + "|\\w[\\w.-]*/\\w[\\w.-]*(?:@[\\w./-]+)?"
              + "|[\\w.-]+_(?:gguf|bnb|gptq)(?:_\\w+)?)(?=[\\s,;:?!)]|$)");

  private static final Pattern QUOTED =
      Pattern.compile("(?<=^|\\s)(?:\"([^\"]+)\"|'([^']+)')(?=\\s|$)");

  /** First one wins: a plan that says quantize is a plan. */
  private record Verb(Pattern pattern, Action action) {
    static Verb of(String regex, Action action) {
      return new Verb(Line.pattern(regex), action);
    }
  }

  private static final List<Verb> VERBS =
      List.of(
          Verb.of(
              "\\bcompare\\b|\\bvs\\.?(?=\\s)|\\bversus\\b|\\bdifference\\sbetween\\b|^diff\\b",
              Action.COMPARE),
          Verb.of(
              "\\bdry[\\s-]?run\\b(?:\\squantize\\b)?|^plan\\b|\\bplan(?=\\sfor\\b)", Action.PLAN),
          Verb.of(
              "\\brecommend\\b|\\bpropose\\b|\\bsuggest\\b|\\bestimate\\b|\\badvise\\b",
              Action.PLAN),
          Verb.of(
              "^(?:will|does|do|would|could)\\b(?=.*\\bfit\\b)|^can\\s(?:i|we)\\srun\\b",
              Action.PLAN),
          Verb.of("^how\\s(?:big|large|small|much)\\b", Action.PLAN),
          Verb.of(
              "^(?:which|what)\\b(?=.*\\b(?:type|quantization|quant|precision|format)\\b)",
              Action.PLAN),
          Verb.of(
              "\\b(?:re-?)?quanti[sz](?:e|ing|ation|ieren?|iere)\\b|^quant\\b", Action.QUANTIZE),
          Verb.of(
              "^(?:run|chat(?:\\swith)?|talk\\sto|ask)\\b|^generate(?:\\stext)?\\b", Action.RUN),
          Verb.of("\\beval(?:uate)?\\b|\\bperplexity\\b|\\bppl\\b|^how\\sgood\\b", Action.EVALUATE),
          Verb.of("\\bbench(?:mark)?\\b|^how\\sfast\\b|\\bspeed\\sof\\b", Action.BENCHMARK),
          Verb.of("^test\\b|^try(?:\\sout)?\\b", Action.TEST),
          Verb.of("\\binspect\\b|\\binside\\b|\\btensors\\b|\\bmetadata\\b", Action.INSPECT),
          Verb.of(
              "^check\\b|\\bsupported\\b|\\bcompatible\\b|\\bcan\\sbe\\smade\\b", Action.CHECK));

  /** Mean quantizing if the line says to what. */
  private static final Pattern WEAK =
      Line.pattern(
          "\\b(?:convert|compress|shrink|make|create|turn|gimme|give|get|want|need|build|produce"
              + "|mach|mache|squeeze|reduce)\\b");

  /** Say themselves to what. */
  private static final Pattern SMALLER =
      Line.pattern("\\b(?:shrink|compress|squeeze)\\b|\\bsmaller\\b|\\bkleiner\\b");

  private static final Set<String> STOP_WORDS =
      Set.copyOf(
          Arrays.asList(
              ("i i'd i'm id im want to would like need a an the for in on with of at most under my"
                      + " me us please version model models file size its so that this fits fit"
                      + " can could you will does do is are let's lets let into as from and or"
                      + " inference precision use using used length context memory what which how"
                      + " run type bits method load be should take best quantization quantized much"
                      + " out show tell about have has there space than less more only text long"
                      + " needs need big large measure plan when if up by will then just now get"
                      + " auf mit für ein eine einen und der die das bitte in aus zu von mir auf mein"
                      + " meine meiner also not --fit --ctx --type --method --bits -t fit ctx quant format")
                  .split(" ")));

  /**
   * Not where it says that a model is tuned to follow instructions, as in {@code gemma 2 9b it}.
   */
  private static final Pattern IT = Line.pattern("(?<!\\d[bm]\\s)\\bit\\b");

  private final ModelNames names;

  ModelRules(ModelNames names) {
    this.names = names;
  }

  Decision decide(String typed) {
    List<String> prompts = new ArrayList<>();
    Line line = new Line(unquoted(typed, prompts));
    List<ModelReference> models = new ArrayList<>();
    for (MatchResult match : line.takeAll(EXPLICIT)) {
      models.add(names.written(match.group().replaceFirst("(?<=[\\w])\\.$", "")));
    }
    Optional<Action> verb = verb(line);
    WishRules rules = new WishRules(line);
    Wishes wishes = rules.read();
    boolean smaller = !line.takeAll(SMALLER).isEmpty();
    boolean weak = !line.takeAll(WEAK).isEmpty() || smaller;
    line.takeWords(STOP_WORDS::contains);
    line.takeAll(IT);

    Optional<Action> action =
        verb.isPresent()
            ? verb
            : smaller || wishes.aboutResult() ? Optional.of(Action.QUANTIZE) : Optional.empty();
    if (action.isEmpty()) {
      return notUnderstood(models, typed);
    }
    List<String> leftover = new ArrayList<>();
    List<List<String>> unknown = new ArrayList<>();
    Optional<String> argument = prompts.stream().findFirst();
    if (action.get() == Action.RUN && !models.isEmpty() && argument.isEmpty()) {
      argument = promptAfter(models.getFirst(), typed);
    } else {
      for (List<String> run : line.runs()) {
        ModelNames.Found found = names.find(run);
        found.reference().ifPresent(models::add);
        if (found.reference().isPresent()) {
          leftover.addAll(found.leftover());
        } else {
          unknown.add(run);
        }
      }
    }
    if (models.size() < action.get().models() && verb.isPresent()) {
      // Nothing tells that a single word is a model, but that there must be one.
      List<List<String>> candidates = List.copyOf(unknown);
      if (action.get() == Action.COMPARE || candidates.size() == 1) {
        for (List<String> run : candidates) {
          Optional<ModelReference> name = names.asName(run);
          if (name.isPresent()) {
            models.add(name.get());
            unknown.remove(run);
          }
        }
      }
    }
    unknown.forEach(leftover::addAll);
    if (rules.objection().isPresent() && (verb.isPresent() || !models.isEmpty())) {
      return rules.objection().get();
    }
    return complete(
        action.get(),
        argument.map(wishes::withArgument).orElse(wishes).withModels(models),
        leftover,
        verb.isPresent() || weak);
  }

  private Decision complete(Action action, Wishes wishes, List<String> leftover, boolean asked) {
    int count = wishes.models().size();
    if (count < action.models()) {
      if (leftover.isEmpty()) {
        return new Unclear(
            Reason.MODEL_MISSING,
            count == 0 ? "which model?" : "compare it with which model?",
            List.of(command(action) + " gpt2", command(action) + " examples/models/docs-llama-4m"));
      }
      String words = String.join(" ", leftover);
      if (asked && action != Action.COMPARE) {
        List<String> closest =
            names.closest(words).stream().map(id -> command(action) + " " + id).toList();
        return new Unclear(
            Reason.MODEL_UNKNOWN,
            "no model called '" + words + "' is known",
            closest.isEmpty()
                ? List.of(command(action) + " org/name", command(action) + " path/to/model")
                : closest);
      }
      return new Unclear(
          Reason.NOT_UNDERSTOOD, "this is not clear: " + words, List.of("help", "quantize gpt2"));
    }
    if (count > 1 && action.models() == 1) {
      return new Unclear(
          Reason.CONTRADICTION,
          "it names several models",
          wishes.models().stream().map(m -> command(action) + " " + m.name()).toList());
    }
    return new Understood(action, wishes, leftover, false);
  }

  private static Decision notUnderstood(List<ModelReference> models, String typed) {
    List<String> suggestions =
        models.isEmpty()
            ? List.of("quantize gpt2 to 4 bit", "plan mistral 7b for 8GB", "help")
            : List.of(
                "quantize " + models.getFirst().name(),
                "check " + models.getFirst().name(),
                "help");
    return new Unclear(Reason.NOT_UNDERSTOOD, "'" + typed + "' is not understood", suggestions);
  }

  static String command(Action action) {
    return action == Action.EVALUATE ? "eval" : action.name().toLowerCase(Locale.ROOT);
  }

  private static Optional<Action> verb(Line line) {
    for (Verb verb : VERBS) {
      if (line.has(verb.pattern)) {
        // A plan may be proposed, and of quantizing.
        VERBS.stream()
            .filter(
                v ->
                    v.action == verb.action
                        || (verb.action == Action.PLAN && v.action == Action.QUANTIZE))
            .forEach(v -> line.takeAll(v.pattern));
        return Optional.of(verb.action);
      }
    }
    return Optional.empty();
  }

  /** Takes quoted texts with spaces out, and the quotes off other things. */
  private static String unquoted(String typed, List<String> prompts) {
    return QUOTED
        .matcher(typed)
        .replaceAll(
            match -> {
              String text = match.group(1) != null ? match.group(1) : match.group(2);
              if (text.contains(" ")) {
                prompts.add(text);
                return ",";
              }
              return Matcher.quoteReplacement(text);
            });
  }

  private static Optional<String> promptAfter(ModelReference model, String typed) {
    int end = typed.indexOf(model.name()) + model.name().length();
    return Optional.of(typed.substring(end).strip()).filter(rest -> !rest.isEmpty());
  }
}
