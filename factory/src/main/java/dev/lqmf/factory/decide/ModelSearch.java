package dev.lqmf.factory.decide;

import dev.lqmf.hub.FoundModel;
import dev.lqmf.hub.HubClient;
import java.io.IOException;
import java.util.List;

/** Where models are looked up by words. */
@FunctionalInterface
public interface ModelSearch {

  /** Nowhere: only the shipped list is left. */
  ModelSearch NONE = (_, _) -> List.of();

  /** The hub as this process's environment describes it; nothing happens before it is asked. */
  ModelSearch HUB =
      (words, limit) ->
          HubClient.fromEnvironment().search(words, limit).stream().map(FoundModel::id).toList();

  /**
   * Ids of models that have these words in their names, the most used first.
   *
   * @param limit how many at most
   * @throws IOException if there is no answer
   * @throws InterruptedException if the thread is interrupted
   */
  List<String> search(String words, int limit) throws IOException, InterruptedException;
}
