package dev.lqmf.factory.execute;

import dev.lqmf.factory.JobPlan;
import dev.lqmf.factory.OutputPlan;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Refuses what the machine has no room for, before anything is written. */
record ResourceCheck(FreeResources free) {
  /** Less than this is there, or everything else would fail as well. */
  private static final long ASK_FROM = 64L << 20;

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
    long working = plan.workingBytes();
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
          "end other programs, or calibrate with less: --samples, --seqlen");
    }
  }
}
