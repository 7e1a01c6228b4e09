package dev.lqmf.factory.decide;

import dev.lqmf.factory.decide.Decision.Reason;
import dev.lqmf.factory.decide.Decision.Unclear;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes from a line what a result should be like and where it should fit. What excludes each other,
 * or what the program does not do, is remembered as the objection.
 */
final class WishRules {
  private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);
  private static final BigDecimal K = BigDecimal.valueOf(1024);
  private static final BigDecimal MOST_TOKENS = BigDecimal.valueOf(Integer.MAX_VALUE);

  private static final Pattern CONTEXT =
      Line.pattern(
          "\\b(\\d+(?:\\.\\d+)?)\\s?(k?)[\\s-]?(?:tokens?\\s?)?(?:of\\s)?"
              + "(?:context|ctx|tokens?|kontext)(?:\\s(?:length|size|window))?\\b"
              + "|(?:--)?\\b(?:context|ctx|kontext)(?:[\\s-](?:length|size|window))?"
              + "(?:\\sof|=|:)?\\s?(\\d+(?:\\.\\d+)?)(k?)\\b");

  private static final String MEMORY = "(?:ram|vram|memory|gpus?|cards?)";

  private static final Pattern SIZE =
      Line.pattern(
          "(?<![\\w.-])(\\d+(?:\\.\\d+)?)[\\s-]?(gib|mib|gigabytes?|megabytes?|gigs?|gb|mb|g)\\b"
              + "(?:(?:\\sof)?\\s("
              + MEMORY
              + ")\\b)?|--fit[\\s=](\\d+(?:\\.\\d+)?)(m)\\b()");

  private static final Pattern NO_GPU =
      Line.pattern(
          "\\b(?:no|without(?:\\s(?:an?|any|the))?|ohne|not\\son\\s(?:the\\s)?)\\s?"
              + "(?:gpus?|graphics\\scard|cuda|vram)\\b|\\bcpu[\\s-]only\\b");

  private static final Pattern GPU =
      Line.pattern(
          "\\b(?:gpus?|cuda|vram|graphics\\s?cards?|cards?|nvidia|geforce|grafikkarte)\\b");
  private static final Pattern CPU =
      Line.pattern("\\b(?:cpus?|processor|prozessor|raspberry\\s?pi(?:\\s\\d)?)\\b");
  private static final Pattern HOST = Line.pattern("\\b(?:laptop|notebook|ram|desktop)\\b");

  private static final Pattern METHOD =
      Line.pattern("(?:--method[\\s=])?\\b(gguf|ggml|gptq|bnb|bits\\s?(?:and|n|&)\\s?bytes)s?\\b");
  private static final Pattern PROGRAM =
      Line.pattern(
          "\\b(llama\\.?cpp|ollama|lm\\s?studio|koboldcpp|vllm|autogptq|transformers|qlora)\\b");
  private static final Map<String, String> METHODS =
      Map.ofEntries(
          Map.entry("gguf", TypeNames.GGUF),
          Map.entry("ggml", TypeNames.GGUF),
          Map.entry("llama.cpp", TypeNames.GGUF),
          Map.entry("llamacpp", TypeNames.GGUF),
          Map.entry("ollama", TypeNames.GGUF),
          Map.entry("lmstudio", TypeNames.GGUF),
          Map.entry("koboldcpp", TypeNames.GGUF),
          Map.entry("gptq", TypeNames.GPTQ),
          Map.entry("vllm", TypeNames.GPTQ),
          Map.entry("autogptq", TypeNames.GPTQ));

  private static final Pattern FOREIGN =
      Line.pattern("\\b(awq|exl[23]|hqq|aqlm|quip#?|spqr|eetq|mlx|onnx|fp8|int2)\\b");

  private static final Pattern TYPE =
      Line.pattern(
          "(?:(?:--type|-t)[\\s=])?(?<![\\w.])((?:i?q\\d+|tq\\d)[\\s_-]?"
              + "(?:\\d|(?:k|nl|xxs|xs|s|m)(?:[\\s_-]?(?:xs|s|m|l))?)"
              + "|nf4|fp4|mxfp4(?:_moe)?|b?f16|fp16|f32|fp32|b?float16|half)(?![\\w-])"
              + "(?:\\sprecision)?");
  private static final Pattern SHORT_TYPE = Line.pattern("(?<![\\w.-])q(\\d{1,2})(?![\\w-])");
  private static final Pattern W4A16 = Line.pattern("\\bw([2348])a16\\b");

  private static final List<String> NUMBERS =
      List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
  private static final Pattern BITS =
      Line.pattern(
          "(?:--bits[\\s=](\\d{1,2})\\b)|(?<![\\w.])(\\d{1,3}|"
              + String.join("|", NUMBERS)
              + ")[\\s-]?bits?\\b|\\bint([48])\\b");

  private static final Pattern BEST =
      Line.pattern(
          "\\b(?:best|highest|max(?:imum|imal)?|good|high|great|top)\\s(?:possible\\s)?quality\\b"
              + "|\\b(?:near(?:ly)?\\s|almost\\s)?lossless\\b|\\bbest\\b");
  private static final Pattern SMALLEST =
      Line.pattern(
          "\\bas\\ssmall\\sas\\spossible\\b|\\b(?:smallest|tiniest)(?:\\s(?:file|size))?\\b"
              + "|\\bmin(?:imum|imal)\\s(?:size|memory|file)\\b");
  private static final Pattern BALANCED =
      Line.pattern("\\bbalanced?\\b|\\b(?:good\\s)?compromise\\b|\\b(?:medium|okay)\\squality\\b");

  private final Line line;
  private final GpuNames gpus = new GpuNames();
  private Optional<Unclear> objection = Optional.empty();

  WishRules(Line line) {
    this.line = line;
  }

  /** Why the wishes cannot be met, if so. */
  Optional<Unclear> objection() {
    return objection;
  }

  /** Takes everything but models and arguments. */
  Wishes read() {
    line.take(FOREIGN)
        .ifPresent(
            m ->
                object(
                    Reason.UNSUPPORTED,
                    "LQMF does not make " + m.group(1).toUpperCase(Locale.ROOT),
                    List.of("types", "help quantize")));
    OptionalInt context = context();
    List<String> types = types();
    Set<String> methods = new LinkedHashSet<>();
    OptionalInt bits = bits(methods);
    OptionalLong budget = budget();
    Optional<Device> device = device();
    Optional<String> method = method(methods, types);
    Optional<Quality> quality = quality();
    Wishes wishes =
        new Wishes(
            List.of(), method, types, bits, device, budget, context, quality, Optional.empty());
    objection = objection.or(() -> contradiction(wishes));
    return wishes;
  }

  /** What excludes each other among wishes, however they were read. */
  static Optional<Unclear> contradiction(Wishes wishes) {
    Optional<String> method = wishes.method();
    for (String type : wishes.types()) {
      if (method.isPresent() && !TypeNames.method(type).equals(method.get())) {
        return contradiction(
            type + " is no type of " + method.get(),
            List.of("with " + TypeNames.method(type), "types"));
      }
      if (wishes.bits().isPresent() && TypeNames.bits(type) != wishes.bits().getAsInt()) {
        return contradiction(
            type + " does not have " + wishes.bits().getAsInt() + " bits",
            List.of("name one of them only", "types"));
      }
    }
    if (wishes.bits().isPresent()) {
      int bits = wishes.bits().getAsInt();
      if (!TypeNames.has(Optional.empty(), bits)) {
        return Optional.of(
            new Unclear(
                Reason.UNSUPPORTED,
                "there is no format of " + bits + " bits",
                List.of("types", "choose 2, 3, 4, 5, 6 or 8 bits")));
      }
      if (!TypeNames.has(method, bits)) {
        return contradiction(
            method.orElseThrow() + " has no format of " + bits + " bits",
            List.of("choose other bits", "choose gguf"));
      }
    }
    return Optional.empty();
  }

  private static Optional<Unclear> contradiction(String message, List<String> suggestions) {
    return Optional.of(new Unclear(Reason.CONTRADICTION, message, suggestions));
  }

  private void object(Reason reason, String message, List<String> suggestions) {
    objection = objection.or(() -> Optional.of(new Unclear(reason, message, suggestions)));
  }

  private OptionalInt context() {
    Set<Integer> lengths = new LinkedHashSet<>();
    for (MatchResult match : line.takeAll(CONTEXT)) {
      boolean before = match.group(1) != null;
      BigDecimal number = new BigDecimal(match.group(before ? 1 : 3));
      boolean thousands = !match.group(before ? 2 : 4).isEmpty();
      BigDecimal tokens = thousands ? number.multiply(K) : number;
      if (tokens.signum() > 0 && tokens.compareTo(MOST_TOKENS) <= 0) {
        lengths.add(tokens.intValue());
      }
    }
    one(lengths, "context lengths");
    return lengths.isEmpty() ? OptionalInt.empty() : OptionalInt.of(lengths.iterator().next());
  }

  private <T> void one(Set<T> values, String what) {
    if (values.size() > 1) {
      object(
          Reason.CONTRADICTION,
          "it names several " + what,
          List.of("name one of them only", "one line for each"));
    }
  }

  private List<String> types() {
    List<String> types = new ArrayList<>();
    for (MatchResult match : line.takeAll(TYPE)) {
      Optional<String> type = TypeNames.canonical(match.group(1));
      if (type.isEmpty()) {
        object(
            Reason.UNSUPPORTED,
            "there is no type " + match.group(1),
            TypeNames.closest(match.group(1)).stream().map(t -> "use " + t).toList());
      } else if (!types.contains(type.get())) {
        types.add(type.get());
      }
    }
    return types;
  }

  private OptionalInt bits(Set<String> methods) {
    Set<Integer> bits = new LinkedHashSet<>();
    for (MatchResult match : line.takeAll(BITS)) {
      String written = first(match);
      int word = NUMBERS.indexOf(written.toLowerCase(Locale.ROOT));
      bits.add(word >= 0 ? word : Integer.parseInt(written));
    }
    for (MatchResult match : line.takeAll(SHORT_TYPE)) {
      bits.add(Integer.parseInt(match.group(1)));
      methods.add(TypeNames.GGUF);
    }
    for (MatchResult match : line.takeAll(W4A16)) {
      bits.add(Integer.parseInt(match.group(1)));
      methods.add(TypeNames.GPTQ);
    }
    one(bits, "numbers of bits");
    return bits.isEmpty() ? OptionalInt.empty() : OptionalInt.of(bits.iterator().next());
  }

  private static String first(MatchResult match) {
    for (int i = 1; i <= match.groupCount(); i++) {
      if (match.group(i) != null) {
        return match.group(i);
      }
    }
    throw new IllegalArgumentException(match.group());
  }

  /** What memory an amount is of, if the line tells. */
  private enum Kind {
    ANY,
    HOST,
    GPU
  }

  private record Amount(long bytes, Kind kind) {}

  private boolean gpuNamed;
  private boolean hostNamed;

  private OptionalLong budget() {
    Set<Amount> amounts = new LinkedHashSet<>();
    for (MatchResult match : line.takeAll(SIZE)) {
      Kind kind = kind(match.group(3));
      gpuNamed |= kind == Kind.GPU;
      hostNamed |= kind == Kind.HOST;
      boolean option = match.group(4) != null;
      amounts.add(
          new Amount(bytes(match.group(option ? 4 : 1), match.group(option ? 5 : 2)), kind));
    }
    // Only cards that are known: a year is a number, too.
    for (MatchResult match : line.takeAll(GpuNames.NAME, m -> gpus.memory(m).isPresent())) {
      gpuNamed = true;
      if (amounts.isEmpty()) {
        amounts.add(new Amount(gpus.memory(match).orElseThrow(), Kind.GPU));
      }
    }
    List<Amount> onGpu = amounts.stream().filter(a -> a.kind == Kind.GPU).toList();
    if (onGpu.size() == 1 && amounts.stream().allMatch(a -> a.kind != Kind.ANY)) {
      // The memory of the card is what counts; that of the machine is said beside it.
      return OptionalLong.of(onGpu.getFirst().bytes);
    }
    Set<Long> different = new LinkedHashSet<>(amounts.stream().map(Amount::bytes).toList());
    one(different, "amounts of memory");
    return different.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(different.iterator().next());
  }

  private static Kind kind(@Nullable String word) {
    return switch (word == null ? "" : word.toLowerCase(Locale.ROOT)) {
      case "", "memory" -> Kind.ANY;
      case "ram" -> Kind.HOST;
      default -> Kind.GPU;
    };
  }

  private static long bytes(String number, String unit) {
    String lower = unit.toLowerCase(Locale.ROOT);
    BigDecimal step = lower.endsWith("ib") ? K : THOUSAND;
    return new BigDecimal(number)
        .multiply(step.pow(lower.startsWith("g") ? 3 : 2))
        .min(BigDecimal.valueOf(Long.MAX_VALUE))
        .longValue();
  }

  private Optional<Device> device() {
    boolean none = !line.takeAll(NO_GPU).isEmpty();
    boolean gpu = !line.takeAll(GPU).isEmpty() || gpuNamed;
    boolean cpu = !line.takeAll(CPU).isEmpty();
    boolean host = !line.takeAll(HOST).isEmpty() || hostNamed;
    if (none) {
      return Optional.of(Device.CPU);
    }
    if (gpu && cpu) {
      object(
          Reason.CONTRADICTION,
          "it names both CPU and GPU",
          List.of("name the one that the model is to run on"));
    }
    return gpu ? Optional.of(Device.GPU) : cpu || host ? Optional.of(Device.CPU) : Optional.empty();
  }

  private Optional<String> method(Set<String> implied, List<String> types) {
    Set<String> named = new LinkedHashSet<>();
    line.takeAll(METHOD).forEach(m -> named.add(method(m)));
    Set<String> programs = new LinkedHashSet<>();
    line.takeAll(PROGRAM).forEach(m -> programs.add(method(m)));
    named.addAll(implied);
    if (named.isEmpty()) {
      types.forEach(t -> named.add(TypeNames.method(t)));
    }
    if (named.isEmpty()) {
      named.addAll(programs);
    }
    one(named, "methods");
    return named.stream().findFirst();
  }

  private static String method(MatchResult match) {
    String word = match.group(1).toLowerCase(Locale.ROOT).replaceAll("\\s", "");
    return METHODS.getOrDefault(word, TypeNames.BNB);
  }

  private Optional<Quality> quality() {
    Set<Quality> qualities = new LinkedHashSet<>();
    take(SMALLEST, Quality.SMALLEST, qualities);
    take(BALANCED, Quality.BALANCED, qualities);
    take(BEST, Quality.BEST, qualities);
    one(qualities, "wishes about quality");
    return qualities.stream().findFirst();
  }

  private void take(Pattern pattern, Quality quality, Set<Quality> qualities) {
    if (!line.takeAll(pattern).isEmpty()) {
      qualities.add(quality);
    }
  }
}
