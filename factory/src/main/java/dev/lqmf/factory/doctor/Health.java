package dev.lqmf.factory.doctor;

/** The verdict on a model. */
public enum Health {
  /** Nothing is wrong. */
  HEALTHY("healthy", 0),
  /** Something is wrong, all of which can be mended. */
  REPAIRABLE("repairable", 3),
  /** Something is wrong that cannot be mended. */
  BROKEN("broken", 4);

  private final String label;
  private final int exitStatus;

  Health(String label, int exitStatus) {
    this.label = label;
    this.exitStatus = exitStatus;
  }

  /** As people and scripts read it. */
  public String label() {
    return label;
  }

  /** What the command ends with. */
  public int exitStatus() {
    return exitStatus;
  }
}
