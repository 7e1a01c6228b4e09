package dev.lqmf.factory.decide;

/** What matters most to a user. */
public enum Quality {
  SMALLEST,
  BALANCED,
  BEST
}
