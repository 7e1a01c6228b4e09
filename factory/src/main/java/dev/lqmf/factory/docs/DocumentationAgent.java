package dev.lqmf.factory.docs;

import dev.lqmf.factory.bench.BenchStore;
import dev.lqmf.factory.bench.ModelIdentity;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Describes finished results. A card is no part of what a recipe makes: it comes after the result
 * has its name, and may be missing or made again.
 */
public final class DocumentationAgent {
  /** The card. */
  public static final String CARD = "README.md";

  private static final String MODELFILE = "Modelfile";
  private static final Pattern BASE_MODEL =
      Pattern.compile("^base_model:[ \\t]*(\\S+)[ \\t]*$", Pattern.MULTILINE);
  private static final Pattern HUB_ID = Pattern.compile("[\\w.-]+/[\\w.-]+");

  private final BenchStore store;

  /**
   * An agent.
   *
   * @param store what has been measured
   */
  public DocumentationAgent(BenchStore store) {
    this.store = store;
  }

  /**
   * Writes the card of a result, and for a GGUF a Modelfile, in place of older ones.
   *
   * @param baseModel id of the original on the hub; absent: what an older card says
   * @return the files
   * @throws InputException if the directory holds no result, or the id is none
   */
  public List<Path> document(Path directory, Optional<String> baseModel) throws IOException {
    if (baseModel.isPresent() && !HUB_ID.matcher(baseModel.get()).matches()) {
      throw new InputException(
          InputException.quote(baseModel.get()) + " is no model on the hub",
          "write its id, as in org/name");
    }
    Result result = Result.read(directory);
    Path card = directory.resolve(CARD);
    Optional<String> base = baseModel.isPresent() ? baseModel : earlier(card);
    ModelCard made = new ModelCard(result, store.of(ModelIdentity.of(directory)), base);
    List<Path> written = new ArrayList<>(List.of(card));
    write(card, made.markdown());
    if (made.modelfile().isPresent()) {
      Path modelfile = directory.resolve(MODELFILE);
      write(modelfile, made.modelfile().get());
      written.add(modelfile);
    }
    return written;
  }

  private static Optional<String> earlier(Path card) throws IOException {
    if (!Files.isRegularFile(card)) {
      return Optional.empty();
    }
    Matcher matcher = BASE_MODEL.matcher(Files.readString(card));
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static void write(Path file, String text) throws IOException {
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    Files.writeString(partial, text);
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
