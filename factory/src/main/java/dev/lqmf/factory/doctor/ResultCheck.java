package dev.lqmf.factory.doctor;

import dev.lqmf.factory.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A result of LQMF has the files, and the recipe, that its summary tells of. */
final class ResultCheck implements Check {
  private static final String SUMMARY = "summary.json";
  private static final String RECIPE = "recipe.json";

  @Override
  public String name() {
    return "result";
  }

  @Override
  public boolean concerns(Patient patient) {
    Path directory = directory(patient);
    return Files.isRegularFile(directory.resolve(SUMMARY))
        && Files.isRegularFile(directory.resolve(RECIPE));
  }

  private static Path directory(Patient patient) {
    Path path = patient.path().toAbsolutePath();
    Path parent = path.getParent();
    return patient.files().isPresent() || parent == null ? path : parent;
  }

  @Override
  public void run(Patient patient, Consumer<Finding> findings) throws IOException {
    Path directory = directory(patient);
    boolean fine = true;
    try {
      JsonNode summary = JsonMapper.shared().readTree(Files.readString(directory.resolve(SUMMARY)));
      for (JsonNode file : summary.path("files")) {
        String name = file.path("name").asString("");
        Path path = directory.resolve(name);
        long bytes = file.path("bytes").asLong(-1);
        if (!Files.isRegularFile(path)) {
          fine = false;
          findings.accept(Finding.broken(name(), name + " is missing"));
        } else if (Files.size(path) != bytes) {
          fine = false;
          findings.accept(
              Finding.note(
                  name(),
                  "%s has %,d bytes; it had %,d when it was made"
                      .formatted(name, Files.size(path), bytes)));
        }
      }
      String hash = Recipe.hashOfJson(Files.readString(directory.resolve(RECIPE)));
      if (!hash.equals(summary.path("recipeHash").asString(""))) {
        fine = false;
        findings.accept(Finding.note(name(), RECIPE + " is not the recipe that this was made by"));
      }
    } catch (JacksonException e) {
      fine = false;
      findings.accept(Finding.note(name(), SUMMARY + " or " + RECIPE + " is not valid JSON"));
    }
    if (fine) {
      findings.accept(Finding.ok(name(), "the files and the recipe of its summary"));
    }
  }
}
