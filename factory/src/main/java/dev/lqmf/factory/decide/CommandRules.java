package dev.lqmf.factory.decide;

import dev.lqmf.factory.decide.Decision.Reason;
import dev.lqmf.factory.decide.Decision.Unclear;
import dev.lqmf.factory.decide.Decision.Understood;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lines that are about the program and not about a model: each is matched as a whole. */
final class CommandRules {
  private static final Pattern FILLERS =
      Pattern.compile("\\b(please|bitte|the|my|me|a|an|all|of|just|now|again)\\b");

  /** The group {@code arg}, if there is one, is the argument. */
  private record Rule(Pattern pattern, Action action) {
    static Rule of(String regex, Action action) {
      return new Rule(Pattern.compile(regex), action);
    }
  }

  private static final String SHOW = "(?:(?:list|show|display|print|get|see) )?";
  private static final String HUB = "(?:hf|hugging ?face|hub|huggingface hub)";

  private static final List<Rule> RULES =
      List.of(
          Rule.of("tests? list|list tests?|show tests?", Action.TEST_LIST),
          Rule.of(
              SHOW + "(?:quantization |file )?(?:types|formats|methods)(?: list)?", Action.TYPES),
          Rule.of(
              "(?:which|what) .*\\b(?:types|formats|methods)\\b.*"
                  + "\\b(?:are|do|does|is|exist|supported|available|can)\\b.*",
              Action.TYPES),
          Rule.of(SHOW + "(?:stats|statistics|statistiken|statistik)", Action.STATS),
          Rule.of(".*\\b(?:success|failure) rates?\\b.*", Action.STATS),
          Rule.of("how much .*\\bsaved?\\b.*", Action.STATS),
          Rule.of(HUB + " (?:login|log in|sign in)", Action.HUB_LOGIN),
          Rule.of(
              "(?:login|log in|sign in|anmelden)(?: (?:to|at|into|with) " + HUB + ")?",
              Action.HUB_LOGIN),
          Rule.of(HUB + " (?:logout|log out|sign out)", Action.HUB_LOGOUT),
          Rule.of(
              "(?:logout|log out|sign out|abmelden)(?: (?:from )?" + HUB + ")?", Action.HUB_LOGOUT),
          Rule.of(
              HUB + "(?: (?:status|whoami|account))?|who ?am ?i|am i logged in.*",
              Action.HUB_STATUS),
          Rule.of("llms?(?: (?:status|list|show))?|show llm", Action.LLM_STATUS),
          Rule.of(
              "(?:which|what) (?:llm|provider|language model)\\b.*|llm providers?",
              Action.LLM_STATUS),
          Rule.of("(?:llm test|test llm(?: provider)?)", Action.LLM_TEST),
          Rule.of("llm model (?:to )?(?<arg>\\S+)", Action.LLM_MODEL),
          Rule.of(
              SHOW
                  + "(?:system|hardware|machine|gpus?|cpus?|memory|ram|vram)"
                  + "(?: (?:info\\w*|status|facts|memory))?",
              Action.SYSTEM),
          Rule.of(
              "how much (?:free )?(?:memory|ram|vram|gpu memory|disk|disk space|space)"
                  + " (?:do i|have i|does this|is|there).*",
              Action.SYSTEM),
          Rule.of(
              "(?:what|which) (?:gpus?|cpu|hardware|graphics card) (?:do|have|is).*",
              Action.SYSTEM),
          Rule.of(
              SHOW + "(?:config|configuration|settings|einstellungen)(?: (?:show|list))?",
              Action.CONFIG),
          Rule.of(SHOW + "jobs(?: list)?", Action.JOBS),
          Rule.of("(?:resume|continue)(?: job)?(?: (?<arg>\\d+))?", Action.RESUME),
          Rule.of(
              "\\?|hilfe|usage|commands|(?:what|how) (?:can|do|could) (?:you|i) (?:do|use)\\b.*",
              Action.HELP),
          Rule.of("help(?: (?:with |on |for )?(?<arg>[a-z]+))?", Action.HELP),
          Rule.of("version|what version.*", Action.VERSION),
          Rule.of("exit|quit|bye|goodbye|:?q|ende|beenden", Action.EXIT));

  /** Providers by what people call them. */
  private static final Map<String, String> PROVIDERS =
      Map.of(
          "claude", "claude",
          "anthropic", "claude",
          "gemini", "gemini",
          "google", "gemini",
          "openai", "openai",
          "chatgpt", "openai",
          "ollama", "ollama",
          "none", "none",
          "off", "none");

  private static final Pattern SWITCH =
      Pattern.compile(
          "(?<llm>llm )?(?:switch|change|use)(?<also> llm)?(?: provider)?(?: to)?(?: (?<name>\\S+))?");

  private static final Pattern EXPERIMENTS =
      Pattern.compile("\\b(?<word>experiments?|history)\\b|what have i quantized.*");

  private static final Pattern NUMBER = Pattern.compile("(?<![\\w.])#?(\\d{1,9})(?![\\w.])");
  private static final Pattern SUCCESS =
      Pattern.compile("\\b(?:success\\w*|succeeded|finished|good|completed)\\b");
  private static final Pattern FAILED = Pattern.compile("\\b(?:fail\\w*|broken|bad)\\b");
  private static final Pattern RUNNING = Pattern.compile("\\b(?:running|active|current)\\b");
  private static final Pattern SEARCHED =
      Pattern.compile(
          "(?:search|find|look for|list|show|get)?(?: for)? ?experiments?"
              + "(?: (?:with|about|for|on|using|from|by))?(?<words>(?: \\S+)+)");

  private CommandRules() {}

  static Optional<Decision> decide(String line) {
    String words =
        FILLERS
            .matcher(line.toLowerCase(Locale.ROOT).replaceAll("(?<=\\S)[\\s.!?]+$", ""))
            .replaceAll("")
            .replaceAll("\\s+", " ")
            .strip();
    for (Rule rule : RULES) {
      Matcher matcher = rule.pattern.matcher(words);
      if (matcher.matches()) {
        return Optional.of(understood(rule.action, argument(matcher, line)));
      }
    }
    return provider(words).or(() -> experiments(words));
  }

  private static Optional<String> argument(Matcher matcher, String line) {
    if (!matcher.namedGroups().containsKey("arg") || matcher.group("arg") == null) {
      return Optional.empty();
    }
    // Names of models keep their case.
    String lower = matcher.group("arg");
    int at = line.toLowerCase(Locale.ROOT).lastIndexOf(lower);
    return Optional.of(at < 0 ? lower : line.substring(at, at + lower.length()));
  }

  private static Decision understood(Action action, Optional<String> argument) {
    return new Understood(
        action, argument.map(Wishes::argument).orElse(Wishes.NONE), List.of(), false);
  }

  private static Optional<Decision> provider(String words) {
    Matcher matcher = SWITCH.matcher(words);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    boolean llm = matcher.group("llm") != null || matcher.group("also") != null;
    String name = matcher.group("name");
    String provider = name == null ? null : PROVIDERS.get(name);
    if (provider != null) {
      return Optional.of(understood(Action.LLM_SWITCH, Optional.of(provider)));
    }
    if (!llm) {
      return Optional.empty();
    }
    List<String> suggestions = List.of("llm switch claude", "llm switch gemini", "llm status");
    return Optional.of(
        name == null
            ? new Unclear(Reason.NAME_MISSING, "to which provider?", suggestions)
            : new Unclear(Reason.UNSUPPORTED, "there is no provider called " + name, suggestions));
  }

  private static Optional<Decision> experiments(String words) {
    Matcher matcher = EXPERIMENTS.matcher(words);
    if (!matcher.find()) {
      return Optional.empty();
    }
    List<String> numbers = NUMBER.matcher(words).results().map(m -> m.group(1)).toList();
    boolean one = "experiment".equals(matcher.group("word"));
    if (words.matches(".*\\b(?:delete|remove|forget|drop)\\b.*")) {
      return Optional.of(numbered(Action.DELETE_EXPERIMENT, numbers, 1, "delete experiment 3"));
    }
    if (words.matches(".*\\b(?:compare|diff|difference|vs|versus)\\b.*")) {
      return Optional.of(
          numbered(Action.COMPARE_EXPERIMENTS, numbers, 2, "compare experiments 3 and 5"));
    }
    if (!numbers.isEmpty()) {
      return Optional.of(numbered(Action.SHOW_EXPERIMENT, numbers, 1, "show experiment 3"));
    }
    Optional<String> status =
        SUCCESS.matcher(words).find()
            ? Optional.of("success")
            : FAILED.matcher(words).find()
                ? Optional.of("failed")
                : RUNNING.matcher(words).find() ? Optional.of("running") : Optional.empty();
    if (status.isPresent()) {
      return Optional.of(understood(Action.EXPERIMENTS, status));
    }
    Matcher search = SEARCHED.matcher(words);
    if (search.matches() && !search.group("words").strip().matches("list|show|all|so far")) {
      return Optional.of(
          understood(Action.SEARCH_EXPERIMENTS, Optional.of(search.group("words").strip())));
    }
    if (one) {
      return Optional.of(numbered(Action.SHOW_EXPERIMENT, numbers, 1, "show experiment 3"));
    }
    return Optional.of(understood(Action.EXPERIMENTS, Optional.empty()));
  }

  private static Decision numbered(Action action, List<String> numbers, int least, String example) {
    if (numbers.size() < least) {
      return new Unclear(
          Reason.NUMBER_MISSING,
          least == 1 ? "which experiment? Give its number" : "which experiments? Give two numbers",
          List.of(example, "list experiments"));
    }
    List<String> taken = least == 1 ? numbers.subList(0, 1) : numbers;
    return understood(action, Optional.of(String.join(" ", taken)));
  }
}
