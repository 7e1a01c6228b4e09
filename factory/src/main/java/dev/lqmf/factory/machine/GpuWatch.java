package dev.lqmf.factory.machine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Has {@code nvidia-smi} tell several times a second how much memory of each card is in use, and
 * how busy the card is.
 */
public final class GpuWatch implements AutoCloseable {
  private static final int PAUSE_MILLIS = 200;
  private static final long MEBIBYTE = 1 << 20;
  private static final int FIELDS = 3;

  private final Process process;
  private final Map<Integer, Card> cards = new TreeMap<>();

  /** What was told of a card so far. */
  private static final class Card {
    private long peak;
    private double memory;
    private int memoryLooks;
    private double use;
    private int useLooks;
  }

  private GpuWatch(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::read);
  }

  /** Begins to look; empty if the program cannot be started. */
  static Optional<GpuWatch> start(Path program) {
    try {
      Process process =
          new ProcessBuilder(
                  program.toString(),
                  "--query-gpu=index,memory.used,utilization.gpu",
                  "--format=csv,noheader,nounits",
                  "--loop-ms=" + PAUSE_MILLIS)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      return Optional.of(new GpuWatch(process));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private void read() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        add(line);
      }
    } catch (IOException | UncheckedIOException e) {
      // It ended.
    }
  }

  /** A line as in {@code 0, 1520, 37}: MiB and per cent; {@code [N/A]} for what is not known. */
  private synchronized void add(String line) {
    String[] fields = line.split(",", -1);
    if (fields.length != FIELDS || !fields[0].strip().matches("\\d{1,3}")) {
      return;
    }
    Card card = cards.computeIfAbsent(Integer.valueOf(fields[0].strip()), _ -> new Card());
    String memory = fields[1].strip();
    if (memory.matches("\\d{1,12}")) {
      long bytes = Long.parseLong(memory) * MEBIBYTE;
      card.peak = Math.max(card.peak, bytes);
      card.memory += bytes;
      card.memoryLooks++;
    }
    String use = fields[2].strip();
    if (use.matches("\\d{1,3}")) {
      card.use += Math.min(1, Integer.parseInt(use) / 100.0);
      card.useLooks++;
    }
  }

  /** What has been told so far; empty if that is nothing. */
  public synchronized Optional<GpuUse> soFar() {
    boolean memory = cards.values().stream().anyMatch(c -> c.memoryLooks > 0);
    OptionalDouble busiest =
        cards.values().stream()
            .filter(c -> c.useLooks > 0)
            .mapToDouble(c -> c.use / c.useLooks)
            .max();
    if (!memory && busiest.isEmpty()) {
      return Optional.empty();
    }
    long peak = cards.values().stream().mapToLong(c -> c.peak).sum();
    double mean =
        cards.values().stream()
            .filter(c -> c.memoryLooks > 0)
            .mapToDouble(c -> c.memory / c.memoryLooks)
            .sum();
    return Optional.of(
        new GpuUse(
            memory ? OptionalLong.of(peak) : OptionalLong.empty(),
            memory ? OptionalLong.of(Math.round(mean)) : OptionalLong.empty(),
            busiest));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
