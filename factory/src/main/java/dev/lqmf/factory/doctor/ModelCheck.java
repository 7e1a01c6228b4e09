package dev.lqmf.factory.doctor;

import dev.lqmf.model.arch.Networks;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Configuration and tensors fit each other: every tensor that the model needs is there in the shape
 * it should have, and a pass over some tokens gives finite numbers.
 */
final class ModelCheck implements Check {

  @Override
  public String name() {
    return "model";
  }

  @Override
  public void run(Patient patient, Consumer<Finding> findings) throws IOException {
    if (patient.model().isEmpty()) {
      InputException obstacle = patient.obstacle().orElseThrow();
      boolean unknown = patient.config().isPresent() && !Networks.knows(patient.config().get());
      findings.accept(
          unknown
              ? Finding.note(
                  name(), "whether all tensors are there is not known: " + obstacle.getMessage())
              : Finding.broken(name(), obstacle));
      return;
    }
    StoredModel model = patient.model().get();
    try {
      findings.accept(
          patient.pass().finite()
              ? Finding.ok(
                  name(),
                  "%s of %d blocks; a pass over %d tokens gives finite scores"
                      .formatted(
                          model.network().name(), model.network().blocks().size(), Pass.TOKENS))
              : Finding.broken(
                  name(), "a pass over %d tokens gives no finite scores".formatted(Pass.TOKENS)));
    } catch (InputException e) {
      findings.accept(Finding.broken(name(), e));
    }
  }
}
