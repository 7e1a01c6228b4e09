package dev.lqmf.factory.doctor;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.torch.NoLibTorchException;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Configuration and tensors fit each other: every tensor that the model needs is there in the shape
 * it should have, none is of a block that the model does not have, and a pass over some tokens
 * gives finite numbers.
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
      boolean unknown =
          patient.config().isPresent() && !Families.runs(patient.config().get().architecture());
      findings.accept(
          unknown
              ? Finding.note(
                  name(), "whether all tensors are there is not known: " + obstacle.getMessage())
              : Finding.broken(name(), obstacle));
      return;
    }
    StoredModel model = patient.model().get();
    Optional<String> surplus =
        patient.config().isPresent()
            ? surplus(model.network(), patient.stored())
            : Optional.empty();
    if (surplus.isPresent()) {
      findings.accept(
          Finding.broken(
              name(),
              "the configuration asks for %d blocks, but tensor %s is of another"
                  .formatted(
                      model.network().blocks().size(), InputException.quote(surplus.get()))));
      return;
    }
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
    } catch (NoLibTorchException e) {
      findings.accept(Finding.note(name(), "no pass was run: " + e.getMessage()));
    } catch (InputException e) {
      findings.accept(Finding.broken(name(), e));
    }
  }

  /** A tensor of a block that the network does not have. */
  private static Optional<String> surplus(Network network, TensorSource stored) {
    Map<String, Integer> blocks = new HashMap<>();
    for (Block block : network.blocks()) {
      int number = block.module().lastIndexOf('.') + 1;
      blocks.merge(block.module().substring(0, number), 1, Integer::sum);
    }
    return stored.tensors().stream()
        .map(TensorInfo::name)
        .filter(
            n -> blocks.entrySet().stream().anyMatch(e -> isBeyond(n, e.getKey(), e.getValue())))
        .findFirst();
  }

  private static boolean isBeyond(String tensor, String stem, int blocks) {
    if (!tensor.startsWith(stem)) {
      return false;
    }
    int end = tensor.indexOf('.', stem.length());
    String number = end < 0 ? "" : tensor.substring(stem.length(), end);
    return number.matches("[0-9]{1,9}") && Integer.parseInt(number) >= blocks;
  }
}
