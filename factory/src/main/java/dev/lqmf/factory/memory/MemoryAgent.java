package dev.lqmf.factory.memory;

import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Remembers what has been run. */
public final class MemoryAgent implements AutoCloseable {
  private final ExperimentStore store;

  private MemoryAgent(ExperimentStore store) {
    this.store = store;
  }

  /**
   * An agent that owns a store. Experiments whose process has ended without a word become {@link
   * Status#LOST}.
   */
  public static MemoryAgent over(ExperimentStore store) throws IOException {
    try {
      MemoryAgent agent = new MemoryAgent(store);
      agent.findLost();
      agent.predict();
      return agent;
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private void findLost() throws IOException {
    for (Experiment running : store.list(Query.of(Status.RUNNING))) {
      if (running.asOfNow() != running) {
        store.update(running.id(), Experiment::asOfNow);
      }
    }
  }

  /**
   * Gives every finished run the time and the quality that would have been predicted for it from
   * those before it, so that predictions can be held against what came. A prediction once made, as
   * by the plan that the run carried out, stays.
   */
  private void predict() throws IOException {
    List<Experiment> all = store.list(Query.ALL).reversed();
    for (int i = 0; i < all.size(); i++) {
      Experiment e = all.get(i);
      boolean time =
          ExperiencePredictor.tellsTime(e) && !e.predicted().containsKey(Experiment.TOTAL);
      boolean quality =
          ExperiencePredictor.measured(e).isPresent()
              && !e.predicted().containsKey(ExperiencePredictor.DIVERGENCE);
      if (!time && !quality) {
        continue;
      }
      ExperiencePredictor before = new ExperiencePredictor(all.subList(0, i));
      Experiment.Sizes sizes = e.sizes();
      if (time) {
        double seconds =
            before.seconds(e.task().method(), e.task().type(), sizes.elements()).value();
        store.update(e.id(), now -> now.withPredicted(Experiment.TOTAL, seconds));
      }
      if (quality) {
        double divergence =
            before.divergence(sizes.bitsPerWeight().orElseThrow(), sizes.elements()).value();
        store.update(e.id(), now -> now.withPredicted(ExperiencePredictor.DIVERGENCE, divergence));
      }
    }
  }

  /** What the experiments so far say about the next. */
  public ExperiencePredictor predictor() throws IOException {
    return new ExperiencePredictor(store.list(Query.ALL));
  }

  /** Experiments, the newest first. */
  public List<Experiment> list(Query query) throws IOException {
    return store.list(query);
  }

  /**
   * The experiment that a person means.
   *
   * @param name its name, or a part that no other has
   * @throws InputException if there is none, or several
   */
  public Experiment find(String name) throws IOException {
    List<Experiment> all = store.list(Query.ALL);
    List<Experiment> found = all.stream().filter(e -> e.id().equals(name)).toList();
    if (found.isEmpty()) {
      found = all.stream().filter(e -> !name.isEmpty() && e.id().contains(name)).toList();
    }
    if (found.isEmpty()) {
      throw new InputException(
          "there is no experiment " + InputException.quote(name),
          "'lqmf experiments list' shows which there are");
    }
    if (found.size() > 1) {
      throw new InputException(
          InputException.quote(name) + " may be any of " + found.size() + " experiments",
          "name one: " + String.join(", ", found.stream().limit(5).map(Experiment::id).toList()));
    }
    return found.getFirst();
  }

  /** Runs of the same recipe, the oldest first: the versions of one experiment. */
  public List<Experiment> versions(Experiment experiment) throws IOException {
    Optional<String> hash = experiment.task().recipeHash();
    if (hash.isEmpty()) {
      return List.of(experiment);
    }
    return store.list(Query.ALL).stream()
        .filter(e -> e.task().recipeHash().equals(hash))
        .sorted(Comparator.comparing(Experiment::started).thenComparing(Experiment::id))
        .toList();
  }

  /** The version before this one. */
  public Optional<Experiment> parent(Experiment experiment) throws IOException {
    @Nullable Experiment before = null;
    for (Experiment version : versions(experiment)) {
      if (version.id().equals(experiment.id())) {
        break;
      }
      before = version;
    }
    return Optional.ofNullable(before);
  }

  /** The newest experiment that made what a recipe says. */
  public Optional<Experiment> latestSuccess(String recipeHash) throws IOException {
    return store.list(Query.of(Status.SUCCESS)).stream()
        .filter(e -> e.task().recipeHash().equals(Optional.of(recipeHash)))
        .findFirst();
  }

  /** Adds a measurement of a result. */
  public Optional<Experiment> measure(String id, String metric, double value) throws IOException {
    return store.update(id, e -> e.withMetric(metric, value));
  }

  /** Adds an experiment, or replaces the one of the same name. */
  public void put(Experiment experiment) throws IOException {
    store.put(experiment);
  }

  /** Forgets an experiment; its files stay. */
  public boolean delete(Experiment experiment) throws IOException {
    return store.delete(experiment.id());
  }

  /** What all experiments say together. */
  public Statistics statistics() throws IOException {
    return Statistics.of(store.list(Query.ALL));
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
