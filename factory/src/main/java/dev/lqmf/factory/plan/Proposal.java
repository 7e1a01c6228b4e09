package dev.lqmf.factory.plan;

import java.util.List;
import java.util.Optional;

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
}
