package dev.lqmf.factory.decide;

/** What a user may ask the program to do. */
public enum Action {
  QUANTIZE(1),
  PLAN(1),
  RUN(1),
  TEST(1),
  EVALUATE(1),
  BENCHMARK(1),
  COMPARE(2),
  INSPECT(1),
  CHECK(1),
  /** Lists what can be tested: the finished models. */
  TEST_LIST,
  TYPES,
  /** Lists experiments; the argument is a status to filter by, if there is one. */
  EXPERIMENTS,
  /** The argument is a number. */
  SHOW_EXPERIMENT,
  /** The argument is a number. */
  DELETE_EXPERIMENT,
  /** The argument is two numbers or more, with spaces between. */
  COMPARE_EXPERIMENTS,
  /** The argument is what to search for. */
  SEARCH_EXPERIMENTS,
  STATS,
  HUB_LOGIN,
  HUB_LOGOUT,
  HUB_STATUS,
  LLM_STATUS,
  /** The argument is a provider's name. */
  LLM_SWITCH,
  /** The argument is a model's name. */
  LLM_MODEL,
  LLM_TEST,
  SYSTEM,
  CONFIG,
  JOBS,
  /** The argument is a job's number, if the user gave one. */
  RESUME,
  /** The argument is a command, if the user named one. */
  HELP,
  VERSION,
  EXIT;

  private final int models;

  Action() {
    this(0);
  }

  Action(int models) {
    this.models = models;
  }

  /** How many models it works on at least: 0, 1 or 2. */
  public int models() {
    return models;
  }

  /** Whether it takes something away that cannot be had back; nothing but a user's word does it. */
  public boolean destroys() {
    return this == DELETE_EXPERIMENT || this == HUB_LOGOUT;
  }
}
