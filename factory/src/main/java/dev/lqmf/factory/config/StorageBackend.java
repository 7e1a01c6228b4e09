package dev.lqmf.factory.config;

/** How experiments are kept. */
public enum StorageBackend {
  /** A database. */
  SQLITE,
  /** A file for each experiment. */
  JSON
}
