package dev.lqmf.factory.decide;

import dev.lqmf.factory.decide.ModelReference.Source;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Finds the model that words stand for: a file, what the hub has, or the shipped list of nicknames
 * when the hub cannot be asked. Where both know the words, the list chooses among what the hub has,
 * because the most used model of that name is often somebody's copy.
 */
public final class ModelNames {
  private static final int RESULTS = 30;
  private static final int OTHERS = 4;

  /** Copies that are quantized already. */
  private static final Pattern QUANTIZED =
      Pattern.compile(
          "(?i)gguf|gptq|awq|bnb|exl2|exl3|mlx|onnx|quantized|[-_](int)?[348]-?bits?|w4a16|fp8|nvfp4");

  private static final Pattern ONE_NAME = Pattern.compile("[\\w.-]{2,96}(@[\\w./-]+)?");

  private final ModelSearch search;
  private final Predicate<String> exists;
  private final Nicknames nicknames = new Nicknames();

  /**
   * @param search the hub, or {@link ModelSearch#NONE}
   * @param exists whether a text is a path on this machine
   */
  public ModelNames(ModelSearch search, Predicate<String> exists) {
    this.search = search;
    this.exists = exists;
  }

  /**
   * What some words stand for.
   *
   * @param reference absent if they name nothing that is known
   * @param leftover words beside it
   */
  record Found(Optional<ModelReference> reference, List<String> leftover) {}

  /** Looks a run of words up, as a whole and then in parts. */
  Found find(List<String> words) {
    String all = String.join(" ", words);
    if (words.size() == 1 && exists.test(all)) {
      return new Found(Optional.of(ModelReference.typed(all)), List.of());
    }
    Optional<String> listed = nicknames.find(all);
    Optional<ModelReference> whole = searched(all, listed);
    if (whole.isPresent()) {
      return new Found(whole, List.of());
    }
    return part(words, false)
        .or(() -> part(words, true))
        .orElseGet(() -> new Found(Optional.empty(), words));
  }

  /**
   * What is written as a path or an id, which is what is meant; but people leave out versions, and
   * the hub then has no such model.
   */
  ModelReference written(String typed) {
    return (exists.test(typed) ? Optional.<String>empty() : nicknames.findVersion(typed))
        .map(id -> new ModelReference(id, typed, Source.LISTED, List.of()))
        .orElseGet(() -> ModelReference.typed(typed));
  }

  /**
   * Ids on the hub that resemble one that it does not have, the most used first.
   *
   * @throws IOException if there is no answer
   * @throws InterruptedException if the thread is interrupted
   */
  public List<String> similar(String id) throws IOException, InterruptedException {
    String name = id.substring(id.indexOf('/') + 1);
    Set<String> ids = new LinkedHashSet<>(nicknames.find(name).stream().toList());
    search.search(name, RESULTS).stream()
        .filter(found -> !QUANTIZED.matcher(found).find() && hasAll(found, name))
        .forEach(ids::add);
    ids.addAll(nicknames.closest(name, OTHERS));
    ids.remove(id);
    return first(List.copyOf(ids), OTHERS - 1);
  }

  /** A single word that may be the name of a model, though nothing tells. */
  Optional<ModelReference> asName(List<String> words) {
    return words.size() == 1 && ONE_NAME.matcher(words.getFirst()).matches()
        ? Optional.of(ModelReference.typed(words.getFirst()))
        : Optional.empty();
  }

  /** Listed models whose names resemble some words. */
  List<String> closest(String words) {
    return nicknames.closest(words, OTHERS);
  }

  private Optional<ModelReference> searched(String words, Optional<String> listed) {
    List<String> ids = new ArrayList<>();
    try {
      for (String id : search.search(words, RESULTS)) {
        if (!QUANTIZED.matcher(id).find() && hasAll(id, words)) {
          ids.add(id);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    } catch (IOException unreachable) {
      // The list is what is left then.
    }
    if (listed.isPresent() && (ids.isEmpty() || ids.contains(listed.get()))) {
      ids.remove(listed.get());
      return Optional.of(
          new ModelReference(listed.get(), words, Source.LISTED, first(ids, OTHERS)));
    }
    return ids.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ModelReference(
                ids.getFirst(), words, Source.SEARCHED, first(ids.subList(1, ids.size()), OTHERS)));
  }

  private static boolean hasAll(String id, String words) {
    String key = Nicknames.key(id);
    return Arrays.stream(words.split("[\\s_-]+")).map(Nicknames::key).allMatch(key::contains);
  }

  private static List<String> first(List<String> ids, int limit) {
    return ids.stream().limit(limit).toList();
  }

  /** The longest part of the words that is listed. */
  private Optional<Found> part(List<String> words, boolean mistyped) {
    for (int length = words.size(); length > 0; length--) {
      for (int from = 0; from + length <= words.size(); from++) {
        String part = String.join(" ", words.subList(from, from + length));
        Optional<String> id = mistyped ? nicknames.findMistyped(part) : nicknames.find(part);
        if (id.isPresent()) {
          List<String> leftover = new ArrayList<>(words.subList(0, from));
          leftover.addAll(words.subList(from + length, words.size()));
          return Optional.of(
              new Found(
                  Optional.of(new ModelReference(id.get(), part, Source.LISTED, List.of())),
                  leftover));
        }
      }
    }
    return Optional.empty();
  }
}
