package dev.lqmf.factory.config;

import java.util.Locale;
import java.util.Optional;

/**
 * One setting.
 *
 * @param name of the environment variable, which {@code .env} and {@code --set} use too
 * @param group the settings it is listed with
 * @param type what its values are
 * @param fallback the value unless another is given; empty for none
 * @param help what it does: a sentence without a full stop
 */
public record Setting<T>(
    String name, String group, ValueType<T> type, Optional<String> fallback, String help) {

  /** Its key in {@code config.json}, which secrets do not have: that file is meant to be shared. */
  public Optional<String> jsonKey() {
    return isSecret() ? Optional.empty() : Optional.of(name.toLowerCase(Locale.ROOT));
  }

  /** Whether its value must not be shown. */
  public boolean isSecret() {
    return type == ValueType.SECRET;
  }

  /** Which values it takes, for people. */
  public String allowed() {
    return type.allowed();
  }

  @Override
  public String toString() {
    return name;
  }
}
