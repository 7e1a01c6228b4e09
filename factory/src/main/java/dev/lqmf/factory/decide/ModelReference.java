package dev.lqmf.factory.decide;

import java.util.List;

/**
 * A model that a user means.
 *
 * @param name what commands take: a path, a hub id, the name of a result
 * @param typed what the user typed for it
 * @param source how the one was found for the other
 * @param others what else could have been meant, most likely first
 */
public record ModelReference(String name, String typed, Source source, List<String> others) {

  /** How certain a reference is. */
  public enum Source {
    /** The user typed it so. */
    TYPED,
    /** A nickname that the program ships. */
    LISTED,
    /** What the hub has for these words. */
    SEARCHED
  }

  public ModelReference {
    others = List.copyOf(others);
  }

  /** A model that needs no guessing. */
  public static ModelReference typed(String name) {
    return new ModelReference(name, name, Source.TYPED, List.of());
  }
}
