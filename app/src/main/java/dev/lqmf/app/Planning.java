package dev.lqmf.app;

import dev.lqmf.factory.DryRun;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.decide.Wishes;
import dev.lqmf.factory.machine.MachineProbe;
import dev.lqmf.factory.memory.MemoryAgent;
import dev.lqmf.factory.plan.Budget;
import dev.lqmf.factory.plan.CacheType;
import dev.lqmf.factory.plan.LearnedPredictor;
import dev.lqmf.factory.plan.Plan;
import dev.lqmf.factory.plan.PlanFile;
import dev.lqmf.factory.plan.PlanRequest;
import dev.lqmf.factory.plan.PlannerAgent;
import dev.lqmf.factory.plan.Predictor;
import dev.lqmf.factory.plan.PriorPredictor;
import dev.lqmf.factory.plan.Proposal;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Plans with a place's settings, and on this machine where no memory is named. */
final class Planning {
  private Planning() {}

  /**
   * What to make of a model.
   *
   * @param wishes name a model
   * @param progress is told about a download
   * @throws dev.lqmf.tensor.InputException if the model, the method or a type cannot be used
   */
  static Proposal propose(
      Workplace workplace, Wishes wishes, CacheType cache, QuantizeProgress progress)
      throws IOException {
    Budget budget =
        Budget.of(
            wishes.budget(),
            wishes.device(),
            workplace
                .configuration()
                .find(SettingsTable.GPU_MEMORY_LIMIT)
                .map(bytes -> Long.toString(bytes)),
            () -> MachineProbe.ofProcess(workplace.results()).look());
    DryRun dryRun = new DryRun(workplace.outline(progress::notice), progress);
    return new PlannerAgent(dryRun, predictor(workplace, progress))
        .propose(PlanRequest.of(wishes, budget, cache));
  }

  /**
   * Saves a plan, if the settings say so. That it cannot be is worth a line.
   *
   * @return where it is
   */
  static Optional<Path> autoSave(Workplace workplace, Plan plan, QuantizeProgress progress)
      throws IOException {
    Configuration settings = workplace.configuration();
    if (!settings.get(SettingsTable.AUTO_SAVE_PLANS)) {
      return Optional.empty();
    }
    try {
      return Optional.of(PlanFile.save(plan, settings.directory(SettingsTable.CONFIGS_DIR)));
    } catch (IOException e) {
      progress.notice("the plan is not saved: cannot write " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Past experiments, or what ships where there are none or they cannot be read. */
  private static Predictor predictor(Workplace workplace, QuantizeProgress progress)
      throws IOException {
    Predictor shipped = new PriorPredictor();
    if (!Files.isDirectory(workplace.configuration().directory(SettingsTable.EXPERIMENTS_DIR))) {
      return shipped;
    }
    try (MemoryAgent memory = workplace.memory()) {
      return new LearnedPredictor(memory.predictor(), shipped);
    } catch (IOException | InputException e) {
      progress.notice("past experiments are left out: " + e.getMessage());
      return shipped;
    }
  }
}
