package dev.lqmf.factory.memory;

import dev.lqmf.factory.IndentedJson;
import dev.lqmf.tensor.InputException;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** Experiments as JSON: the same in both stores and in exports. */
public final class ExperimentJson {
  private static final JsonMapper MAPPER =
      IndentedJson.mapper()
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          // A newer LQMF may say more.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private ExperimentJson() {}

  /** An experiment's document. */
  public static String write(Experiment experiment) {
    return MAPPER.writeValueAsString(experiment) + "\n";
  }

  /** The document of several. */
  public static String write(List<Experiment> experiments) {
    return MAPPER.writeValueAsString(experiments) + "\n";
  }

  /**
   * The experiment of a document.
   *
   * @param origin where it is from, for the message
   * @throws InputException if it is none
   */
  public static Experiment read(String document, String origin) {
    try {
      return MAPPER.readValue(document, Experiment.class);
    } catch (JacksonException e) {
      throw malformed(origin, e);
    }
  }

  /**
   * The experiments of a document.
   *
   * @throws InputException if it is no list of experiments
   */
  public static List<Experiment> readAll(String document, String origin) {
    try {
      return List.of(MAPPER.readValue(document, Experiment[].class));
    } catch (JacksonException e) {
      throw malformed(origin, e);
    }
  }

  private static InputException malformed(String origin, JacksonException e) {
    // A name that must not be used comes as the cause.
    if (e.getCause() instanceof InputException bad) {
      return new InputException(origin + ": " + bad.getMessage(), bad.mend(), e);
    }
    return new InputException(
        origin
            + " is no record of an experiment"
            + (e instanceof DatabindException ? "" : ": it is not JSON" + line(e)),
        "remove the file, or restore it from an export",
        e);
  }

  private static String line(JacksonException e) {
    return e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
  }
}
