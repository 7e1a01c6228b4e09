package dev.lqmf.factory.memory;

import dev.lqmf.factory.memory.Experiment.Sizes;
import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.factory.memory.Experiment.Task;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** Made-up experiments. */
final class Samples {
  static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final Machine MACHINE = new Machine("Linux 6.1", "Ünusual CPU", 8, "25.0.1");

  private Samples() {}

  static Experiment success(int number, String model, String type) {
    return success(number, model, type, 8_000_000_000L, 60);
  }

  static Experiment success(int number, String model, String type, long elements, double seconds) {
    return new Experiment(
        "run-" + number,
        Status.SUCCESS,
        new Task(
            model,
            "org/" + model,
            "gguf",
            type,
            1,
            Optional.of("hash-" + model + "-" + type),
            Optional.of("{\"model\":\"" + model + "\",\"fileType\":\"" + type + "\"}")),
        new Sizes(elements, 2 * elements, elements / 2, OptionalDouble.of(4.0)),
        new TreeMap<>(Map.of(Experiment.TOTAL, seconds)),
        new TreeMap<>(Map.of("perplexity", 6.25)),
        new TreeMap<>(),
        Optional.empty(),
        List.of("nightly"),
        START.plusSeconds(number),
        Optional.of(START.plusSeconds(number + 60)),
        "0.1.0",
        MACHINE,
        new Owner(1, Optional.of(START)));
  }

  static Experiment failure(int number, String model, String type, String error) {
    Experiment e = success(number, model, type);
    return e.ended(
        Status.FAILED, e.sizes(), Map.of(), Optional.of(error), e.started().plusSeconds(1));
  }

  static Experiment running(int number, Owner owner) {
    Experiment e = success(number, "model", "Q4_K_M");
    return new Experiment(
        e.id(),
        Status.RUNNING,
        e.task(),
        Sizes.UNKNOWN,
        new TreeMap<>(),
        new TreeMap<>(),
        new TreeMap<>(),
        Optional.empty(),
        List.of(),
        e.started(),
        Optional.empty(),
        e.version(),
        e.machine(),
        owner);
  }
}
