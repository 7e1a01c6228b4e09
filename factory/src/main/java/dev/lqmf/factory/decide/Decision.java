package dev.lqmf.factory.decide;

import java.util.List;

/** What came of a line. */
public sealed interface Decision {

  /**
   * The line says what to do.
   *
   * @param action what to do
   * @param wishes how, and with what
   * @param leftover words that meant nothing: a user should see them before something long begins
   * @param advised whether a language model understood it, and not the rules
   */
  record Understood(Action action, Wishes wishes, List<String> leftover, boolean advised)
      implements Decision {
    public Understood {
      leftover = List.copyOf(leftover);
    }
  }

  /**
   * The line does not say what to do, or says what cannot be.
   *
   * @param reason why
   * @param message a sentence for people, without a full stop
   * @param suggestions lines that would be understood, the closest first
   */
  record Unclear(Reason reason, String message, List<String> suggestions) implements Decision {
    public Unclear {
      suggestions = List.copyOf(suggestions);
    }
  }

  /** Why a line is not clear. */
  enum Reason {
    NOT_UNDERSTOOD,
    /** Two of its wishes exclude each other. */
    CONTRADICTION,
    /** It asks for what the program does not do. */
    UNSUPPORTED,
    MODEL_MISSING,
    /** It names a model that is neither listed nor found on the hub. */
    MODEL_UNKNOWN,
    NUMBER_MISSING,
    NAME_MISSING
  }
}
