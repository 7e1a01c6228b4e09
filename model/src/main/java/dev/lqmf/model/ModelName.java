package dev.lqmf.model;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a model's name says: {@code meta-llama/Llama-3.1-8B-Instruct} is of the organization
 * meta-llama, the base Llama-3.1, the size 8B, the finetune Instruct. The guesses are gguf-py's
 * ({@code Metadata.get_model_id_components}), so that they agree with llama.cpp's converter.
 *
 * @param full the name without the organization
 */
record ModelName(
    String full,
    Optional<String> organization,
    Optional<String> basename,
    Optional<String> finetune,
    Optional<String> version,
    Optional<String> sizeLabel) {

  private static final Pattern VERSION = pattern("(v|iter)?\\d+([.]\\d+)*");
  private static final Pattern TYPE = pattern("i?q\\d(_\\w)*|b?fp?(16|32)");
  private static final Pattern SIZE =
      pattern("(([A]|\\d+[x])?\\d+([._]\\d+)?[KMBT][\\d]?|small|mini|medium|large|x?xl)");
  private static final Pattern FINETUNE = pattern("chat|instruct|vision|lora");
  private static final Pattern UNTITLED = Pattern.compile("v\\d+(?:\\.\\d+)*|\\d.*");

  private enum Kind {
    BASENAME,
    SIZE_LABEL,
    FINETUNE,
    VERSION,
    TYPE
  }

  /** A part of the name between hyphens. */
  private record Part(String text, Set<Kind> kinds) {}

  private static Pattern pattern(String regex) {
    return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
  }

  /**
   * Takes a name apart.
   *
   * @param id name or organization/name
   * @param parameters of the model; 0 if unknown
   */
  static ModelName parse(String id, long parameters) {
    if (id.contains(" ")) {
      return new ModelName(
          id,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }
    int slash = id.indexOf('/');
    Optional<String> organization =
        slash < 0 || id.startsWith(".") ? Optional.empty() : Optional.of(id.substring(0, slash));
    String full = id.substring(slash + 1);
    List<Part> parts = annotate(full, parameters);

    Optional<String> basename = join(parts, p -> p.kinds().contains(Kind.BASENAME));
    Optional<String> finetune = join(parts, p -> p.kinds().contains(Kind.FINETUNE));
    Optional<String> version =
        join(parts, p -> p.kinds().contains(Kind.VERSION) && !p.kinds().contains(Kind.BASENAME));
    Set<String> sizes =
        parts.stream()
            .filter(p -> p.kinds().contains(Kind.SIZE_LABEL))
            .map(Part::text)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    Optional<String> size =
        sizes.isEmpty() ? Optional.empty() : Optional.of(String.join("-", sizes));
    if (size.isEmpty() && finetune.isEmpty() && version.isEmpty()) {
      // Too ambiguous.
      basename = Optional.empty();
    }
    return new ModelName(full, organization, basename, finetune, version, size);
  }

  private static Optional<String> join(List<Part> parts, Predicate<Part> which) {
    String joined = parts.stream().filter(which).map(Part::text).collect(Collectors.joining("-"));
    return joined.isEmpty() ? Optional.empty() : Optional.of(joined);
  }

  private static List<Part> annotate(String full, long parameters) {
    List<String> texts = Arrays.stream(full.split("-")).filter(s -> !s.isEmpty()).toList();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      parts.add(annotate(texts.get(i), i, parameters));
    }
    Predicate<Part> size = p -> p.kinds().contains(Kind.SIZE_LABEL);
    if (parts.stream().filter(size).anyMatch(p -> p.text().chars().anyMatch(Character::isDigit))) {
      // A number says more than a word.
      parts.stream()
          .filter(size)
          .filter(p -> p.text().chars().allMatch(Character::isLetter))
          .forEach(p -> p.kinds().remove(Kind.SIZE_LABEL));
    }
    boolean start = true;
    for (Part p : parts) {
      boolean base =
          p.kinds().contains(Kind.VERSION)
              || (p.kinds().isEmpty() && Character.isLetter(p.text().codePointAt(0)));
      if (start && base) {
        p.kinds().add(Kind.BASENAME);
      } else {
        start = false;
        if (p.kinds().isEmpty()) {
          p.kinds().add(Kind.FINETUNE);
        }
      }
    }
    for (Part p : parts.reversed()) {
      if (!p.kinds().contains(Kind.BASENAME) || p.kinds().size() == 1) {
        break;
      }
      p.kinds().remove(Kind.BASENAME);
    }
    return parts;
  }

  private static Part annotate(String text, int index, long parameters) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    if (VERSION.matcher(text).matches()) {
      kinds.add(Kind.VERSION);
    } else if (TYPE.matcher(text).matches()) {
      kinds.add(Kind.TYPE);
      return new Part(text.toUpperCase(Locale.ROOT), kinds);
    } else if (index > 0 && SIZE.matcher(text).matches()) {
      return size(text, parameters, kinds);
    } else if (index > 0 && FINETUNE.matcher(text).matches()) {
      kinds.add(Kind.FINETUNE);
    }
    return new Part(text, kinds);
  }

  private static Part size(String text, long parameters, Set<Kind> kinds) {
    String size = text.replace('_', '.');
    int last = size.length() - 1;
    if (Character.isDigit(size.charAt(last))) {
      // As in bloom-7b1, which means 7.1 b.
      size = size.substring(0, last - 1) + "." + size.charAt(last) + size.charAt(last - 1);
      last = size.length() - 1;
    }
    if (Character.isDigit(size.charAt(last - 1)) && "kmbt".indexOf(size.charAt(last)) >= 0) {
      size = size.substring(0, last) + Character.toUpperCase(size.charAt(last));
    }
    if (parameters != 0 && isContextLength(size, parameters)) {
      kinds.add(Kind.FINETUNE);
      size = size.substring(0, last) + Character.toLowerCase(size.charAt(last));
    } else {
      kinds.add(Kind.SIZE_LABEL);
    }
    return new Part(size, kinds);
  }

  /** Whether what looks like a size is far from the model's. */
  private static boolean isContextLength(String size, long parameters) {
    int last = size.length() - 1;
    double number;
    try {
      number = Double.parseDouble(size.substring(0, last));
    } catch (NumberFormatException e) {
      return false;
    }
    int power = " KMBT".indexOf(size.charAt(last));
    double label = number * Math.pow(1000, power);
    return Math.abs(label - parameters) > Math.floorDiv(7 * parameters, 8L);
  }

  /** A name with spaces for hyphens and lower-case words capitalized, as gguf-py does. */
  static String title(String name) {
    return Arrays.stream(name.strip().replace('-', ' ').split("\\s+"))
        .map(w -> isLower(w) && !UNTITLED.matcher(w).matches() ? capitalized(w) : w)
        .collect(Collectors.joining(" "));
  }

  private static boolean isLower(String word) {
    return word.codePoints().anyMatch(Character::isLowerCase)
        && word.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
  }

  /** Python's {@code str.title}: a letter after anything else is made a capital. */
  private static String capitalized(String word) {
    int[] points = word.codePoints().toArray();
    return IntStream.range(0, points.length)
        .map(
            i ->
                i > 0 && Character.isLetter(points[i - 1])
                    ? points[i]
                    : Character.toTitleCase(points[i]))
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /**
   * A size label for a number of parameters: {@code 4M}, {@code 1.1B}, {@code 8x7B}.
   *
   * @param total all parameters
   * @param perExpert those of all layers with one expert each; looked at if there are experts
   * @param experts how many experts a layer has; 0 if it has none
   */
  static String sizeLabel(long total, long perExpert, long experts) {
    return experts > 0 ? experts + "x" + rounded(perExpert) : rounded(total);
  }

  private static String rounded(long parameters) {
    double scaled;
    String suffix;
    if (parameters > 1e12) {
      scaled = parameters * 1e-12;
      suffix = "T";
    } else if (parameters > 1e9) {
      scaled = parameters * 1e-9;
      suffix = "B";
    } else if (parameters > 1e6) {
      scaled = parameters * 1e-6;
      suffix = "M";
    } else {
      scaled = parameters * 1e-3;
      suffix = "K";
    }
    String whole = Long.toString((long) Math.rint(scaled)).replaceFirst("^0+", "");
    int digits = Math.max(2 - whole.length(), 0);
    return new BigDecimal(scaled).setScale(digits, RoundingMode.HALF_EVEN).toPlainString() + suffix;
  }
}
