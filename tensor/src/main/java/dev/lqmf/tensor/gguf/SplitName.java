package dev.lqmf.tensor.gguf;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of one file of a split set, {@code PREFIX-00001-of-00003.gguf} (llama.cpp's {@code
 * llama_split_path}).
 *
 * @param prefix the path up to the hyphen
 * @param no from 0
 */
public record SplitName(Path prefix, int no, int count) {
  /** {@code split.no} and {@code split.count} are 16 bits wide. */
  public static final int MAX_COUNT = 0xFFFF;

  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  /** Takes a name apart; empty if it is not of this form. */
  public static Optional<SplitName> parse(Path path) {
    Matcher m = NAME.matcher(String.valueOf(path.getFileName()));
    return m.matches()
        ? Optional.of(
            new SplitName(
                path.resolveSibling(m.group(1)),
                Integer.parseInt(m.group(2)) - 1,
                Integer.parseInt(m.group(3))))
        : Optional.empty();
  }

  /** The path of file {@code i} of the set, from 0. */
  public Path sibling(int i) {
    return prefix.resolveSibling(prefix.getFileName() + suffix(i, count));
  }

  static String suffix(int no, int count) {
    return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", no + 1, count);
  }
}
