package dev.lqmf.factory.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What the planner proposes.
 *
 * @param recommended the one to take
 * @param smaller needs less memory, if there is one
 * @param better loses less, if there is one
 * @param notes sentences about the model for people
 */
public record Proposal(
    Plan recommended, Optional<Plan> smaller, Optional<Plan> better, List<String> notes) {

  public Proposal {
    notes = List.copyOf(notes);
  }

  /** The plans by what they are to the reader, the recommended one first. */
  public SequencedMap<String, Plan> plans() {
    SequencedMap<String, Plan> plans = new LinkedHashMap<>();
    plans.put("recommended", recommended);
    smaller.ifPresent(plan -> plans.put("smaller", plan));
    better.ifPresent(plan -> plans.put("better", plan));
    return plans;
  }
}
