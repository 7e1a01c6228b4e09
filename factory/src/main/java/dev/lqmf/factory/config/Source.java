package dev.lqmf.factory.config;

/** Where a setting's value may come from; the first that has one wins. */
public enum Source {
  FLAG("--set"),
  ENVIRONMENT("environment"),
  DOTENV(".env"),
  CONFIG_JSON("config.json"),
  DEFAULT("default");

  private final String label;

  Source(String label) {
    this.label = label;
  }

  /** As people see it. */
  public String label() {
    return label;
  }
}
