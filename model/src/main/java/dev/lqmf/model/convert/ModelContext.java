package dev.lqmf.model.convert;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.config.RopeParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the rules of an architecture's table may look at while a checkpoint is converted. */
public final class ModelContext {
  private final ModelFiles files;
  private final Architecture architecture;
  private final HfConfig config;
  private final RopeParameters rope;
  private final Optional<RopeParameters> localRope;
  private final List<String> notes = new ArrayList<>();

  /**
   * A checkpoint before it is converted.
   *
   * @param config completed with the defaults of the model class
   * @param rope how positions rotate
   * @param localRope the same in layers whose attention has a window, where that differs
   */
  public ModelContext(
      ModelFiles files,
      Architecture architecture,
      HfConfig config,
      RopeParameters rope,
      Optional<RopeParameters> localRope) {
    this.files = files;
    this.architecture = architecture;
    this.config = config;
    this.rope = rope;
    this.localRope = localRope;
  }

  /** The checkpoint's files. */
  public ModelFiles files() {
    return files;
  }

  public Architecture architecture() {
    return architecture;
  }

  /** The configuration, completed with the defaults of the model class. */
  public HfConfig config() {
    return config;
  }

  /** How positions rotate; where layers differ, in those that see the whole context. */
  public RopeParameters rope() {
    return rope;
  }

  /** How positions rotate in layers whose attention has a window, where that differs. */
  public Optional<RopeParameters> localRope() {
    return localRope;
  }

  /**
   * Records something that the user should know: the output differs from the checkpoint in a way
   * that GGUF or llama.cpp makes unavoidable.
   *
   * @param note a sentence without a full stop
   */
  public void note(String note) {
    notes.add(note);
  }

  /** What was recorded, in order. */
  public List<String> notes() {
    return List.copyOf(notes);
  }
}
