package dev.lqmf.factory.doctor;

import dev.lqmf.tensor.InputException;
import java.util.List;

/**
 * What a check says.
 *
 * @param check which one, in a word or two
 * @param severity how bad it is
 * @param text what was found, without a full stop
 * @param mends what repairing would do; none unless the fault has one reading
 */
public record Finding(String check, Severity severity, String text, List<Mend> mends) {

  /** How bad a finding is. */
  public enum Severity {
    /** As it should be. */
    OK,
    /** Not wrong, but worth knowing. */
    NOTE,
    /** Wrong, and there is only one way how it can have been meant. */
    REPAIRABLE,
    /** Wrong. */
    BROKEN
  }

  static Finding ok(String check, String text) {
    return new Finding(check, Severity.OK, text, List.of());
  }

  static Finding note(String check, String text) {
    return new Finding(check, Severity.NOTE, text, List.of());
  }

  static Finding repairable(String check, String text, Mend... mends) {
    return new Finding(check, Severity.REPAIRABLE, text, List.of(mends));
  }

  static Finding broken(String check, InputException why) {
    return broken(check, String.valueOf(why.getMessage()));
  }

  static Finding broken(String check, String text) {
    return new Finding(check, Severity.BROKEN, text, List.of());
  }
}
