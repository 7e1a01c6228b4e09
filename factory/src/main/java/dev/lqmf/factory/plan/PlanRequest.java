package dev.lqmf.factory.plan;

import dev.lqmf.factory.decide.Quality;
import dev.lqmf.factory.decide.Wishes;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a plan is wanted for.
 *
 * @param input the model as {@link dev.lqmf.factory.QuantizeRequest#input} takes it
 * @param method only this one; absent: gguf
 * @param types only these
 * @param bits only types of so many
 * @param budget what the model must fit into
 * @param context tokens; absent: 4,096, or what the model can do if that is less
 * @param cache type of keys and values
 * @param quality what matters most
 * @param threads that will encode, at least 1
 */
public record PlanRequest(
    String input,
    Optional<String> method,
    List<String> types,
    OptionalInt bits,
    Budget budget,
    OptionalInt context,
    CacheType cache,
    Optional<Quality> quality,
    int threads) {

  public PlanRequest {
    types = List.copyOf(types);
  }

  /** What a line wishes for; it must name a model. */
  public static PlanRequest of(Wishes wishes, Budget budget, CacheType cache) {
    return new PlanRequest(
        wishes.models().getFirst().name(),
        wishes.method(),
        wishes.types(),
        wishes.bits(),
        budget,
        wishes.context(),
        cache,
        wishes.quality(),
        Runtime.getRuntime().availableProcessors());
  }
}
