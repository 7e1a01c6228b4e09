package dev.lqmf.factory.config;

/** A key or token. Only {@link #reveal} gives it away: no message, log or {@code toString} does. */
public final class Secret {
  /** From this length on, the last characters tell keys apart without giving them away. */
  private static final int LONG = 16;

  private static final int SHOWN = 4;

  private final String value;

  Secret(String value) {
    this.value = value;
  }

  /** The value, for the one request that needs it. */
  public String reveal() {
    return value;
  }

  /** The last four characters of a long secret, so that a person can tell which one it is. */
  @Override
  public String toString() {
    return value.length() < LONG ? "••••" : "••••" + value.substring(value.length() - SHOWN);
  }
}
