package dev.lqmf.factory.execute;

import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.JobPlan;
import dev.lqmf.factory.OutputPlan;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Refuses what the machine has no room for, before anything is written. */
record ResourceCheck(FreeResources free) {
  /** Less than this is there, or everything else would fail as well. */
  private static final long ASK_FROM = 64L << 20;

  /** A weight has no more bits than this where it is published. */
  private static final double MOST_BITS = 32;

  /**
   * Checks the disk before a model is downloaded: for what the outputs take at least, beside the
   * model if it is to be on the same disk. How much they take exactly, only the plan says; it also
   * says whether they are there already, so where there are some, they count for nothing.
   *
   * @throws InputException if it is too small
   */
  void check(JobEvent.Fetching model, QuantizeRequest request) throws IOException {
    long least =
        hasResults(request)
            ? 0
            : (long) (model.weightBytes() * request.method().leastBitsPerWeight() / MOST_BITS);
    Path results = FreeResources.existing(request.outputRoot());
    Path downloads = FreeResources.existing(model.directory());
    long taken = free.shareDisk(results, downloads) ? model.bytes() : 0;
    long usable = free.disk(results);
    if (usable < least + taken) {
      throw new InputException(
          String.format(
              Locale.ROOT, "%s, but only %,d are free in %s", needs(least, taken), usable, results),
          "free some space, or choose another output directory; nothing was downloaded");
    }
  }

  private static String needs(long results, long download) {
    String taken = String.format(Locale.ROOT, "the results take at least %,d bytes", results);
    if (results == 0) {
      return String.format(Locale.ROOT, "the download takes %,d bytes", download);
    }
    return download == 0
        ? taken
        : taken + String.format(Locale.ROOT, " and the download %,d", download);
  }

  /** Whether there are results of the model, be they the ones that are asked for or not. */
  private static boolean hasResults(QuantizeRequest request) throws IOException {
    Path root = request.outputRoot();
    if (request.force() || !Files.isDirectory(root)) {
      return false;
    }
    String id = request.input().replaceFirst("@.*", "");
    String begin = id.substring(id.lastIndexOf('/') + 1) + "_";
    try (Stream<Path> results = Files.list(root)) {
      return results.anyMatch(r -> r.getFileName().toString().startsWith(begin));
    }
  }

  /**
   * Checks the disk for all outputs that are to be made, and the memory to make them in.
   *
   * @throws InputException if one of them is too small
   */
  void check(JobPlan plan) throws IOException {
    List<OutputPlan> missing = plan.outputs().stream().filter(o -> !o.done()).toList();
    if (missing.isEmpty()) {
      return;
    }
    Path disk = FreeResources.existing(missing.getFirst().directory());
    long needed = missing.stream().mapToLong(OutputPlan::fileBytes).sum();
    long usable = free.disk(disk);
    if (usable < needed) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "the results take %,d bytes, but only %,d are free in %s",
              needed,
              usable,
              disk),
          "free some space, or choose another output directory");
    }
    checkMemory(plan.workingBytes(), "calibrate with less: --samples, --seqlen");
  }

  /**
   * Checks the memory to work in.
   *
   * @param working bytes that the work takes at least
   * @param mend what makes it take less
   * @throws InputException if there is not so much
   */
  void checkMemory(long working, String mend) throws IOException {
    if (working < ASK_FROM) {
      return;
    }
    long memory = free.memory();
    if (memory < working) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "the work takes at least %,d bytes of memory, but only %,d are free",
              working,
              memory),
          "end other programs, or " + mend);
    }
  }
}
