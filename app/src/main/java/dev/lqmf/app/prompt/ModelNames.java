package dev.lqmf.app.prompt;

import java.util.List;

/** The models that are there, for completion and highlighting. */
@FunctionalInterface
public interface ModelNames {
  /** Their names or paths, as commands take them. */
  List<String> names();
}
