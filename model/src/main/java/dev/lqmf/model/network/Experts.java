package dev.lqmf.model.network;

import java.util.List;
import java.util.stream.Stream;

/**
 * Several gated MLPs of which a router chooses some for each token: those with the largest softmax
 * of the router's scores, whose outputs are summed with these probabilities as weights.
 *
 * @param router to one score per expert; never quantized
 * @param experts all of the same shape
 * @param chosen how many a token goes through
 * @param normalized whether the weights of the chosen ones are divided by their sum
 */
public record Experts(Linear router, List<Mlp.Gated> experts, int chosen, boolean normalized)
    implements Operation {

  /** Copies the list. */
  public Experts {
    experts = List.copyOf(experts);
  }

  /** The first list is what all experts see, though each sees only the tokens chosen for it. */
  @Override
  public List<List<Linear>> inputGroups() {
    return Stream.concat(
            Stream.of(experts.stream().flatMap(e -> Stream.of(e.gate(), e.up())).toList()),
            experts.stream().map(e -> List.of(e.down())))
        .toList();
  }
}
