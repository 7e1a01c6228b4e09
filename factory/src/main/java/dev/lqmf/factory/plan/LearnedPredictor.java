package dev.lqmf.factory.plan;

import dev.lqmf.factory.memory.ExperiencePredictor;
import java.time.Duration;

/**
 * Expects what past experiments say: times from those of the same method, quality from all whose
 * divergence was measured. Of what there is no experience, it knows as much as what ships.
 */
public final class LearnedPredictor implements Predictor {
  /** Beyond a hundred years nobody needs the exact time. */
  private static final double LONGEST_SECONDS = 3e9;

  private final ExperiencePredictor experience;
  private final Predictor shipped;

  /**
   * @param shipped asked for what there is no experience of
   */
  public LearnedPredictor(ExperiencePredictor experience, Predictor shipped) {
    this.experience = experience;
    this.shipped = shipped;
  }

  @Override
  public Prediction predict(Task task) {
    Prediction usual = shipped.predict(task);
    var time = experience.seconds(task.method(), task.type(), task.weights());
    var loss = experience.divergence(task.bitsPerWeight(), task.weights());
    return new Prediction(
        time.experiments() == 0 ? usual.time() : duration(time.value()),
        loss.experiments() == 0 ? usual.quality() : QualityClass.ofDivergence(loss.value()),
        new Evidence(time.experiments(), loss.experiments()));
  }

  private static Duration duration(double seconds) {
    return Duration.ofMillis(Math.round(1000 * Math.min(seconds, LONGEST_SECONDS)));
  }
}
